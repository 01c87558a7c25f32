import { z } from 'zod'
import { failure, reasonOf } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import { readNamedFile } from '../base/named-file.ts'
import type { Settings } from '../config/settings.ts'
import { createSocketClient } from '../load/clients/http/socket-client.ts'
import { requireLoopback, requireTarget, shownTarget, whyUnreachable } from '../load/clients/target.ts'
import type { HttpResponse } from '../ports/http-client.ts'
import type { RunContext } from './run-context.ts'

/** Receipts to send. */
export interface SendTicketsRequest {
  readonly files: readonly string[]
  readonly target: string
  readonly allowRemote: boolean
}

/** A receipt that was sent. */
export interface SentTicket {
  readonly file: string
  /** 0 without a response. */
  readonly status: number
  /** Whether the API said that it has it, as an order or as it is. */
  readonly taken: boolean
  /** A sentence for people. */
  readonly outcome: string
}

/** All receipts that were sent, in their order. */
export interface SentTickets {
  readonly target: string
  readonly tickets: readonly SentTicket[]
}

/** Larger than any receipt that an API takes, so that it says so itself. */
const mostBytes = 1024 * 1024

/**
 * Sends receipts, one after the other, until the run is stopped, and prints what became of each. Reads all of them first, so
 * that nothing is sent where one cannot be read. Throws `usage-wrong`, `target-remote` or `target-unreachable`.
 */
export async function sendTickets(
  { signal, log }: Pick<RunContext, 'signal' | 'log'>,
  { timeout }: Pick<Settings, 'timeout'>,
  { files, target: given, allowRemote }: SendTicketsRequest,
): Promise<SentTickets> {
  const target = requireLoopback(requireTarget(given), allowRemote)
  const receipts: (readonly [file: string, bytes: Buffer])[] = []
  for (const file of files) receipts.push([file, await readReceipt(file)])
  const shown = shownTarget(target)
  const reason = await whyUnreachable(createSocketClient(target, timeout))
  if (reason !== null) throw failure('target-unreachable', { target: shown, reason })
  const client = createSocketClient(target, timeout)
  const tickets: SentTicket[] = []
  try {
    for (const [file, body] of receipts) {
      if (signal.aborted) break
      const headers = { 'content-type': 'text/plain' }
      const response = await client.request({ method: 'POST', path: '/ticket', headers, body, wantBody: true })
      const ticket = describeResponse(file, response)
      tickets.push(ticket)
      log(`${file}: ${ticket.outcome}`)
    }
  } finally {
    await client.close()
  }
  return { target: shown, tickets }
}

async function readReceipt(file: string): Promise<Buffer> {
  try {
    return await readNamedFile(file, mostBytes)
  } catch (error) {
    throw failure('usage-wrong', { reason: `${file} cannot be read: ${reasonOf(error)}.` }, error)
  }
}

/** As much of a response as is shown; an API that is modelled otherwise may leave out all of it. */
const shownBody = z
  .object({
    id: z.union([z.string(), z.number()]).transform(String),
    reason: z.string(),
    line: z.number(),
    message: z.string(),
  })
  .partial()
  .catch({})

function describeResponse(file: string, { status, body, reason }: HttpResponse): SentTicket {
  if (status === 0) return { file, status, taken: false, outcome: `nobody says that it was taken: ${reason}` }
  const { id, line, message = '' } = shownBody.parse(parseJson(body))
  const order = id === undefined ? 'an order' : `order ${id}`
  const outcomes: Readonly<Record<number, string>> = {
    200: `taken, as ${order}; there before, or the API does not say`,
    201: `stored as ${order}`,
    202: `kept as it is, line ${line ?? 0}: ${message}`,
  }
  const outcome = outcomes[status] ?? `refused with ${status}${message && `: ${message}`}`
  return { file, status, taken: status in outcomes, outcome: plain(outcome) }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return {}
  }
}
