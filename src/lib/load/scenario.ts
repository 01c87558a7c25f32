import type { Random } from '../random.ts'

/** What became of one attempt to change something. */
export type Outcome = 'booked' | 'conflict' | 'failed' | 'unknown'

/** One attempt as the client saw it; the audit holds these against the database. */
export interface LedgerEntry {
  /** Made by the client and unique for each attempt, so that an unanswered one can be found again. */
  readonly key: string
  /** What was asked for: a slot, a seat. */
  readonly resource: number | string
  readonly outcome: Outcome
  /** What the API called the booking; only when it acknowledged one. */
  readonly id?: number | string
}

/** What the client writes down of its bookings while it runs. */
export interface Ledger {
  /**
   * Resolves when the entry would survive the death of this process: to be awaited before the user's next step. The
   * time that takes is nobody's latency. Rejects an entry that is none, which only types could have refused before.
   */
  record(entry: LedgerEntry): Promise<void>
}

/** What was written down, to be gone through as often as needed without holding it in memory. */
export interface LedgerEntries {
  readonly count: number
  /** In the order in which they were written. */
  read(): AsyncIterable<LedgerEntry>
}

/** One request of a scenario. */
export interface StepRequest {
  /** The row it is counted under. */
  readonly step: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object
  /** Statuses that are right answers, though not 2xx (a sold-out 409). */
  readonly expected?: readonly number[]
  /** The answer's body is thrown away unread unless this is set. */
  readonly wantBody?: boolean
}

/** An answer, or the fact that there was none (status 0). */
export interface StepAnswer {
  /** 0 when no answer came. */
  readonly status: number
  /** Without an answer: whether the server may have carried the request out (false when it was never sent). */
  readonly maybeExecuted: boolean
  /** Empty unless `wantBody`. */
  readonly body: Buffer
  /** The parsed body; equal bodies are parsed once and shared, so treat it as read-only. Throws SyntaxError. */
  json(): unknown
}

/** One virtual user. */
export interface VirtualUser {
  readonly id: number
  readonly random: Random
  readonly ledger: Ledger
  /** Waits; the next request is due when the wait is over. Rejects when the run ends. */
  think(ms: number): Promise<void>
  /** Never rejects for what the server does; rejects when the run has ended before it was sent. */
  request(request: StepRequest): Promise<StepAnswer>
}

/** What a virtual user does, over and over. */
export interface Scenario<State = unknown> {
  readonly name: string
  readonly weight: number
  /** Heavy work, once per virtual user, before the clock runs. */
  prepare(user: VirtualUser): Promise<State>
  iterate(user: VirtualUser, state: State): Promise<void>
}
