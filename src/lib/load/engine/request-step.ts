import { reasonOf } from '../../base/errors/errors.ts'
import type { HttpResponse } from '../../ports/http-client.ts'
import { encodeBody } from '../clients/http/request-body.ts'
import { cutShort, foundNoConnection, refuseCall, useOf, waitForConnection } from './refusals.ts'
import type { StepResponse, StepRequest } from '../../ports/scenario.ts'
import { endStep, type Session, type SessionContext, beginRequest, endRequest, pass } from './session.ts'
import { methodOf, requireKnownFields, requireRequest, verdictOf } from '../scenarios/step-checks.ts'
import type { ParseJson } from '../clients/http/kept-body.ts'

/**
 * Sends a request of a scenario, records it, and resolves with its response. Every request of a load comes by here: what
 * it makes while it waits is held as often as users wait. Rejects for what cannot be sent.
 */
export async function sendRequest(
  context: SessionContext,
  session: Session,
  request: StepRequest,
): Promise<StepResponse> {
  const { clock, client, mistakes } = context
  session.underWay++
  try {
    if (session.notBefore > 0) await waitForConnection(context, session)
    requireRequest(request)
    const { step, path, headers, wantBody = false } = request
    const isNew = mistakes.isNew(step)
    if (isNew) requireKnownFields(request)
    const method = methodOf(request.method)
    let body = request.body == null ? null : encodeBody(request.body, isNew)
    if (body instanceof Promise) {
      const encoding = body
      body = await pass(session, clock, () => encoding)
      if (session.timers.cancelled) throw cutShort(session)
    }
    const asking = { method, path, headers, body: body?.content, bodyType: body?.type, wantBody }
    const { due, planned, sent } = beginRequest(session, clock.now())
    let ended = sent
    let given: HttpResponse
    try {
      given = await client.request(asking)
    } finally {
      ended = clock.now()
      endRequest(session, ended)
    }
    if (isNew) mistakes.succeeded(step)
    const response = toStepResponse(given, context.parse)
    const failure = failureOf(request.expected, given) ?? judge(context, session, request, response)
    const { bytes, reconnected } = given
    context.recorder.record({ step, due, planned, sent, ended, bytes, failure, reconnected })
    if (given.reason !== null && !given.maybeExecuted) foundNoConnection(session, sent)
    return response
  } catch (error) {
    return await refuseCall(context, session, error, useOf(request))
  } finally {
    endStep(session)
  }
}

function failureOf(expected: StepRequest['expected'], { status, reason }: HttpResponse): string | null {
  if (reason !== null) return reason
  if (status >= 200 && status < 300) return null
  const right = typeof expected === 'number' ? status === expected : expected?.includes(status)
  return right ? null : `status ${status}`
}

function judge(
  { mistakes }: SessionContext,
  { scenario }: Session,
  { step, failureOf: judgement }: StepRequest,
  response: StepResponse,
): string | null {
  if (judgement === undefined) return null
  const use = `failureOf of ${step}`
  try {
    const verdict = verdictOf(step, judgement(response))
    mistakes.succeeded(use)
    return verdict
  } catch (error) {
    return reasonOf(mistakes.note(error, use, scenario))
  }
}

function toStepResponse({ status, body, maybeExecuted, reconnected }: HttpResponse, parse: ParseJson): StepResponse {
  return { status, body, maybeExecuted, ...(reconnected ? { reconnected } : {}), json: () => parse(body) }
}
