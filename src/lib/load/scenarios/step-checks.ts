import { mistaken, refuseOtherFields, ScenarioMistake, shown } from './mistakes.ts'
import type {
  HttpMethod,
  LedgerEntry,
  ReceiveRequest,
  ReceiveSince,
  Socket,
  SocketRequest,
  StepResponse,
  StepRequest,
  ThinkTime,
} from '../../ports/scenario.ts'
import { isToken } from '../clients/http/header-fields.ts'

const requestFields = new Set(['step', 'method', 'path', 'headers', 'body', 'expected', 'wantBody', 'failureOf'])
const socketFields = new Set(['step', 'path', 'protocol', 'hello', 'isReady'])
const receiveFields = new Set(['step', 'accept', 'key', 'since'])
const causes: readonly unknown[] = ['send', 'request', 'receive'] satisfies ReceiveSince[]
const entryFields = new Set(['key', 'resource', 'outcome', 'id'])

/** Methods that requests may have. */
const httpMethods: readonly HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const methodsAsWritten: ReadonlyMap<unknown, HttpMethod> = new Map(
  httpMethods.flatMap((method) => [
    [method, method],
    [method.toLowerCase(), method],
  ]),
)

/**
 * Throws ScenarioMistake for what is no request; its path, headers and body are looked at where they are sent. This is
 * done for every request, and has to cost next to nothing.
 */
export function requireRequest(value: unknown): asserts value is StepRequest {
  requireObject(value, 'a request')
  const { step, expected, wantBody, failureOf } = value as Readonly<Record<string, unknown>>
  requireStep(step)
  if (wantBody !== undefined && typeof wantBody !== 'boolean') throw mistaken('wantBody', wantBody, 'true or false')
  if (expected !== undefined) requireStatuses(expected)
  if (failureOf !== undefined) requireFunction('failureOf', failureOf)
}

/** Throws ScenarioMistake for fields that a request does not have. They stand in its text: once for a step is enough. */
export function requireKnownFields(request: StepRequest): void {
  refuseOtherFields(request, requestFields, 'a request')
}

/** The method in capitals. Throws ScenarioMistake for one that there is none. */
export function methodOf(value: unknown): HttpMethod {
  const method = methodsAsWritten.get(value) ?? methodsAsWritten.get(String(value).toUpperCase())
  if (method === undefined) throw mistaken('method', value, httpMethods.join(', '))
  return method
}

/** Throws ScenarioMistake for what is no way to open a WebSocket. */
export function requireSocketRequest(value: unknown): asserts value is SocketRequest {
  requireObject(value, 'what connect is given')
  refuseOtherFields(value, socketFields, 'what connect is given')
  const { step, protocol, hello, isReady } = value as Readonly<Record<string, unknown>>
  requireStep(step)
  if (protocol !== undefined && !(typeof protocol === 'string' && isToken(protocol))) {
    throw mistaken('protocol', protocol, 'the name of a subprotocol, or nothing')
  }
  if (typeof hello !== 'string') throw mistaken('hello', hello, 'the text that is sent first')
  requireFunction('isReady', isReady)
}

/** Throws ScenarioMistake for what cannot be received, and Error where there is no socket, which may be no mistake. */
export function requireReceive(socket: Socket | null, value: unknown): asserts value is ReceiveRequest {
  // connect gives null when the server does not open one.
  if (socket === null) throw new Error('receive was given null instead of a socket: connect had failed')
  if (typeof (socket as Socket | undefined)?.next !== 'function') {
    throw mistaken('what receive listens to', socket, 'the socket that connect gave')
  }
  requireObject(value, 'what receive is given')
  refuseOtherFields(value, receiveFields, 'what receive is given')
  const { step, accept, key, since } = value as Readonly<Record<string, unknown>>
  requireStep(step)
  requireFunction('accept', accept)
  if (key !== undefined && typeof key !== 'string')
    throw mistaken('the key of receive', key, 'a text that send was given')
  if (since !== undefined && !causes.includes(since)) {
    throw mistaken('since of receive', since, causes.map(shown).join(', '))
  }
}

/** The same function; what it gives may be true or false as JavaScript takes it, but no Promise, which is always true. */
export function decided(what: string, accept: (text: string) => boolean): (text: string) => boolean {
  return (text) => {
    const verdict: unknown = accept(text)
    if (typeof verdict === 'boolean') return verdict
    if (verdict instanceof Promise) throw mistaken(`what ${what} gives`, verdict, 'true or false')
    return Boolean(verdict)
  }
}

/** Why a response is a failure, out of what a scenario's failureOf gave; null when it is none. Throws ScenarioMistake. */
export function verdictOf(step: string, given: unknown): string | null {
  if (given === null || given === undefined || given === false || given === '') return null
  if (typeof given === 'string') return given
  throw mistaken(
    `what failureOf of ${JSON.stringify(step)} gives`,
    given,
    'what is wrong in a few words, or null, undefined or false for nothing',
  )
}

const outcomes = new Set<unknown>(['booked', 'conflict', 'failed', 'unknown'])

/** Throws ScenarioMistake for what the ledger cannot hold. */
export function requireEntry(value: unknown): asserts value is LedgerEntry {
  requireObject(value, 'what the ledger is given')
  refuseOtherFields(value, entryFields, 'an entry of the ledger')
  const { key, resource, outcome, id } = value as Readonly<Record<string, unknown>>
  if (!outcomes.has(outcome)) throw mistaken('outcome', outcome, 'booked, conflict, failed or unknown')
  if (typeof key !== 'string' || key === '') throw mistaken('key', key, 'a text that no other attempt has')
  if (!isName(resource)) throw mistaken('resource', resource, 'a text or a whole number')
  if (id === undefined) return
  if (!isName(id)) throw mistaken('id', id, 'a text or a whole number, or nothing')
  if (outcome !== 'booked') throw new ScenarioMistake(`an entry whose outcome is ${outcome as string} has no id`)
}

/** Throws ScenarioMistake for what is no response. */
export function requireResponse(
  value: unknown,
): asserts value is Pick<StepResponse, 'status' | 'maybeExecuted' | 'reconnected'> {
  const { status, maybeExecuted } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof status !== 'number' || (status === 0 && typeof maybeExecuted !== 'boolean')) {
    throw mistaken('what outcomeOf is given', value, 'an answer that request gave')
  }
}

/** Whether it is what something may be called by an API. */
function isName(value: unknown): boolean {
  return Number.isSafeInteger(value) || (typeof value === 'string' && value !== '')
}

/** Throws ScenarioMistake for what is no object. */
export function requireObject(value: unknown, what: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Promise) {
    throw mistaken(what, value, 'an object')
  }
}

/** Throws ScenarioMistake for what names no row of the report. */
export function requireStep(step: unknown): void {
  if (typeof step !== 'string' || step === '') throw mistaken('step', step, 'the name of a row of the report')
}

/** Throws ScenarioMistake for what is no function. */
export function requireFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw mistaken(what, value, 'a function')
}

function requireStatuses(expected: unknown): void {
  if (typeof expected === 'number') return requireStatus(expected)
  if (!Array.isArray(expected)) throw mistaken('expected', expected, 'a status such as 404, or a list of them')
  for (const status of expected as readonly unknown[]) requireStatus(status)
}

function requireStatus(status: unknown): void {
  if (Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 999) return
  throw new ScenarioMistake(`expected has ${shown(status)}, which is no status. Allowed: whole numbers such as 404`)
}

/** The longest that a timer of Node waits for, ms: nearly 25 days. It takes anything longer for 1 ms. */
const mostThinkMs = 2 ** 31 - 1

/** Allowed think times, in words. */
export const thinkTimeAllowed = 'milliseconds from 0 to 2147483647, or [least, most]'

/** Whether a user can think for so long. */
export function isThinkTime(value: unknown): value is ThinkTime {
  if (typeof value === 'number') return value >= 0 && value <= mostThinkMs
  if (!Array.isArray(value) || value.length !== 2) return false
  const [min, max] = value as readonly unknown[]
  return typeof min === 'number' && typeof max === 'number' && min >= 0 && min <= max && max <= mostThinkMs
}

/** Throws ScenarioMistake for what is no time to think. */
export function requireThinkTime(value: unknown): asserts value is ThinkTime {
  if (!isThinkTime(value)) throw mistaken('think', value, thinkTimeAllowed)
}
