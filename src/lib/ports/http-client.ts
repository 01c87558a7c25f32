import type { HttpMethod, RequestHeaders } from './scenario.ts'

/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly method: HttpMethod
  /** From `/`. */
  readonly path: string
  /** Beside those that every request has. */
  readonly headers?: RequestHeaders | undefined
  readonly body?: string | Uint8Array | undefined
  /** Content type, unless a header says otherwise; that of any text or bytes unless given. */
  readonly bodyType?: string | undefined
  /** Keep the response's body; otherwise its bytes are counted and thrown away. */
  readonly wantBody: boolean
}

/** A response, or why there was none. */
export interface HttpResponse {
  /** 0 when no whole response came. */
  readonly status: number
  /** Bytes of the body. */
  readonly bytes: number
  /** Empty unless it was wanted. Equal bodies may be the same buffer: it is to be read only. */
  readonly body: Buffer
  /** Without a response: what happened, in a few words. */
  readonly reason: string | null
  /** Without a response: whether the server may have carried the request out all the same. */
  readonly maybeExecuted: boolean
  /** It was sent again, because the server had closed the connection that it went over first. */
  readonly reconnected?: boolean
}

/** Sends requests to one origin over kept-alive connections. */
export interface HttpClient {
  /** Never rejects for what the server does; rejects with ScenarioMistake for a path or a header that cannot be sent. */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Breaks off what is under way. */
  close(): Promise<void>
}

/** A request that is always the same, as plain data. */
export interface FixedRequest {
  /** In capitals. */
  readonly method: string
  /** From `/`, with the query. */
  readonly path: string
  /** In the order in which they are sent; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Empty for none. */
  readonly body: Uint8Array
  /** Statuses that are no failure, as `readExpected` returns them. */
  readonly expect: string
}

/** Sends a request once more. */
export type SendAgain = () => void

/** Makes what sends the same request over and over, one at a time; `onResponse` is called once for each. */
export type CreateSender = (onResponse: (response: HttpResponse) => void) => SendAgain

/** A client that makes a load: scenarios, or a single request over and over. */
export interface LoadClient extends HttpClient {
  /** Serializes a request once for all that send it. Throws TypeError for what cannot be sent. */
  repeat(request: FixedRequest): CreateSender
}
