import type { Outcome } from './outcome.ts'
import type { DatabaseUser } from './database-user.ts'
import type { Random } from '../base/random.ts'

export type { Outcome }

/** One attempt as the client saw it; the audit checks these against the database. */
export interface LedgerEntry {
  /** Made by the client and unique for each attempt, so that an unanswered one can be found again. */
  readonly key: string
  /** The resource asked for: a slot, a seat. */
  readonly resource: number | string
  readonly outcome: Outcome
  /** The API's name for the booking; only when it acknowledged one. */
  readonly id?: number | string
}

/** The client's record of its bookings while it runs. */
export interface Ledger {
  /**
   * Resolves when the entry would survive the death of this process: to be awaited before the user's next step. The
   * time that takes is nobody's latency. Rejects an entry that is none, which only types could have refused before.
   */
  record(entry: LedgerEntry): Promise<void>
}

/** The entries of a ledger, to be iterated as often as needed without holding them in memory. */
export interface LedgerEntries {
  readonly count: number
  /** In the order in which they were written. */
  read(): AsyncIterable<LedgerEntry>
}

/** A request method. */
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** The value of a header; a list is sent as so many fields. */
export type HeaderValue = string | number | boolean | readonly (string | number | boolean)[]

/** Headers as fetch takes them: an object, a Headers object, or a list of pairs. */
export type RequestHeaders =
  | Readonly<Record<string, HeaderValue>>
  | Iterable<readonly [name: string, value: HeaderValue]>

/**
 * A text, bytes (a Buffer, an ArrayBuffer, any typed array), URLSearchParams, FormData, a Blob or File, or a stream (a
 * ReadableStream, or anything else that gives texts or bytes in turn, which is read to its end before it is sent). Any
 * other object is sent as JSON; one that JSON would turn into `{}`, such as a Map, is refused.
 */
export type RequestBody = string | object

/** One request of a scenario. */
export interface StepRequest {
  /** The row it is counted under. */
  readonly step: string
  readonly method: HttpMethod | Lowercase<HttpMethod>
  /** From `/`, with the query, encoded as it is to be sent. The path of the target, if it has one, stands before it. */
  readonly path: string
  /** Beside those that every request has: an authorization, say. */
  readonly headers?: RequestHeaders
  /** Its type is that which fetch would send, or `application/json`, unless a header says otherwise. */
  readonly body?: RequestBody | null
  /** Statuses that are no failure, though not 2xx: 409, or [404, 409]. */
  readonly expected?: number | readonly number[]
  /** The response's body is thrown away unread unless this is set. */
  readonly wantBody?: boolean
  /**
   * Says what is wrong with a response whose status is right, in a few words that many responses share; null, undefined,
   * false or an empty text when nothing is (a GraphQL response says so in its body). It sees the body only with `wantBody`.
   * An error that it throws counts as what is wrong.
   */
  readonly failureOf?: (response: StepResponse) => string | null | undefined | false
}

/** A response, or the fact that there was none (status 0). */
export interface StepResponse {
  /** 0 when no response came. */
  readonly status: number
  /** Without a response: whether the server may have carried the request out (false when it was never sent). */
  readonly maybeExecuted: boolean
  /** It was sent twice, since the server had closed the connection that it went over first: of GET, PUT and their like. */
  readonly reconnected?: boolean
  /** Empty unless `wantBody`. */
  readonly body: Buffer
  /** The parsed body; equal bodies are parsed once and shared, so treat it as read-only. Throws SyntaxError. */
  json(): unknown
}

/** @deprecated The former name of `StepResponse`. */
export type StepAnswer = StepResponse

/** How a WebSocket is opened. */
export interface SocketRequest {
  /** The row that its opening is counted under. */
  readonly step: string
  /** From `/`, with the query. */
  readonly path: string
  /** The subprotocol; none unless given. */
  readonly protocol?: string
  /** The first text that is sent. */
  readonly hello: string
  /** Whether a text that comes says that it may begin. Texts before that one are dropped. */
  readonly isReady: (text: string) => boolean
}

/**
 * A WebSocket that was opened. It may be kept in the user's state, from one iteration to the next; what comes is kept
 * until it is received.
 */
export interface Socket {
  /** False once either side has ended it, or it was lost. */
  readonly isOpen: boolean
  /**
   * Does nothing once it has ended. `key` is by what `receive` finds when this text was sent, unlike those of others
   * under way. Throws TypeError for what is no text.
   */
  send(text: string, options?: { readonly key?: string }): void
  /** Texts in the order in which they came, until one is accepted. For users, `receive` measures that. */
  next(accept: (text: string) => boolean): Promise<Received>
  close(): void
}

/** A text that was accepted, or why there is none. */
export interface Received {
  readonly text: string | null
  /** When it came, or was given up, on the clock of the run. */
  readonly at: number
  readonly reason: string | null
}

/** The start of a text's response time: the last text sent on its socket, the last request, or the call of `receive`. */
export type ReceiveSince = 'send' | 'request' | 'receive'

/** A text to wait for on a socket. */
export interface ReceiveRequest {
  /** The row it is counted under. */
  readonly step: string
  /** Its cause: `send`, or `request` where nothing was sent on the socket, unless given. */
  readonly since?: ReceiveSince
  /** Key of the text that has caused it, where several are under way. Throws when none was sent with it. */
  readonly key?: string
  /** Sees each text once, in order; what it does not accept is dropped. */
  readonly accept: (text: string) => boolean
}

/** A length of time in ms: just so long, or a whole number drawn from the first to the second, both in. */
export type ThinkTime = number | readonly [min: number, max: number]

/** A virtual user before the run: it cannot send requests yet. */
export interface PreparingUser {
  /** From 0. */
  readonly id: number
  /** A source of its own: the same seed and id give the same choices. */
  readonly random: Random
}

/**
 * One virtual user. What its methods cannot use they refuse with TypeError; when that was never right before in this run,
 * the run is ended, since it would go wrong in every iteration.
 */
export interface VirtualUser extends PreparingUser, DatabaseUser {
  /** Sets the bookings of this run apart from those of every other. */
  readonly runId: string
  readonly ledger: Ledger
  /** Returns the outcome of an attempt to book, by the statuses that the settings name. */
  outcomeOf(response: Pick<StepResponse, 'status' | 'maybeExecuted' | 'reconnected'>): Outcome
  /** Waits; the next request is due when the wait is over. Rejects when the user is to stop. */
  think(time: ThinkTime): Promise<void>
  /** Never rejects for what the server does; rejects when the user was to stop before it was sent. */
  request(request: StepRequest): Promise<StepResponse>
  /** Opens a WebSocket; null when that failed. Rejects when the user was to stop before. */
  connect(request: SocketRequest): Promise<Socket | null>
  /** The text that is accepted; null, counted as a failure, when the socket ends before or none comes in time. */
  receive(socket: Socket, request: ReceiveRequest): Promise<string | null>
}

/** The definition of a scenario, as a person writes it. */
export interface ScenarioDefinition<State = undefined> {
  readonly name: string
  /** How often it is picked beside the others of a run; 1 unless given. */
  readonly weight?: number
  /**
   * The wait before each iteration in the closed model; none unless given. In the open model it is
   * left out, because arrivals say when iterations start.
   */
  readonly think?: ThinkTime
  /**
   * How long an iteration takes, its think times included, ms, roughly: what the starts of a run's users are spread
   * over. Unless given, what the first iterations took.
   */
  readonly iterationMs?: number
  /** Its users send statements to the database at --db, and need no API. */
  readonly database?: boolean
  /** Heavy work, once per virtual user, before the clock runs. What it returns is that user's state. */
  prepare?(user: PreparingUser): State | Promise<State>
  /** One iteration. */
  run(user: VirtualUser, state: State): Promise<unknown>
}

/** A scenario: the steps that a virtual user repeats. */
export interface Scenario {
  readonly name: string
  readonly weight: number
  readonly think: ThinkTime
  readonly iterationMs?: number
  readonly database?: boolean
  prepare(user: PreparingUser): unknown
  run(user: VirtualUser, state: unknown): Promise<unknown>
}
