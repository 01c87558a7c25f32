import type { HttpResponse, HttpClient, HttpRequest } from '../../../src/lib/ports/http-client.ts'
import type { CountingLedger } from '../../../src/lib/load/ledger/ledger.ts'
import type { LedgerEntry, Received, Socket } from '../../../src/lib/ports/scenario.ts'
import { createScenarios } from '../../../src/lib/workloads/meetups/scenarios/index.ts'
import { createMemoryLedger } from '../ledgers.ts'
import { createVirtualClock, type VirtualClock } from '../load/virtual-clock.ts'
import { ok, run, users } from '../load/virtual-run.ts'
import type { SocketOpener } from '../../../src/lib/load/clients/http/web-sockets.ts'

/** An operation as it was asked. */
export interface Asked {
  readonly name: string
  readonly query: string
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the operation takes
  readonly variables: any
}

/** Responses that replace a gateway's own, by operation, or by method and path without the query. */
export type Replies = Readonly<Record<string, (asked: Asked) => object>>

/** An answer with an error of that code. */
export const refuse = (code: string) => () => ({ data: null, errors: [{ extensions: { code } }] })

/** No answer at all. */
export const silence = (maybeExecuted: boolean) => (): Partial<HttpResponse> => ({
  status: 0,
  reason: 'connection reset',
  maybeExecuted,
})

/** Actions of one user in virtual time, and their results. */
export interface Visit extends Awaited<ReturnType<typeof run>> {
  readonly asked: readonly Asked[]
  readonly sentRequests: readonly HttpRequest[]
  readonly entries: readonly LedgerEntry[]
  /** Texts that were sent on sockets, as objects. */
  readonly sent: readonly Readonly<Record<string, unknown>>[]
}

/** Behaviour of sockets. */
export interface SocketHabits {
  /** Event that subscribers get for a message; none where it is left out. */
  readonly tell?: ((messageId: string) => readonly object[]) | null
  /** Sockets are lost after so many texts. */
  readonly lostAfter?: number
}

/** Lets one user go through a scenario for `seconds`, at a gateway that answers in 10 ms as told. */
export async function visit(
  name: string,
  replies: Replies = {},
  { seconds = 60, ...habits }: SocketHabits & { readonly seconds?: number } = {},
): Promise<Visit> {
  const clock = createVirtualClock()
  const asked: Asked[] = []
  const requests: HttpRequest[] = []
  const entries: LedgerEntry[] = []
  const sockets = createSockets(clock, habits)
  const all = { ...defaults(sockets.tell), ...replies }
  const client: HttpClient = {
    request: (request) => {
      requests.push(request)
      const operation = operationOf(request)
      if (operation) asked.push(operation)
      const key = operation?.name ?? `${request.method} ${request.path.replace(/\?.*/, '')}`
      const reply = all[key]?.(operation ?? { name: key, query: '', variables: request })
      return new Promise((resolve) => void clock.schedule(10, () => resolve(answerOf(reply ?? { status: 404 }))))
    },
    close: async () => {},
  }
  const counting = createMemoryLedger()
  const ledger: CountingLedger = {
    ...counting,
    async record(entry) {
      entries.push(entry)
      await counting.record(entry)
    },
  }
  const scenarios = createScenarios({ seed: 'x' }, 'test').filter((scenario) => scenario.name === name)
  const model = users(1, seconds * 1000)
  const result = await run(clock, scenarios, { model, client, ledger, sockets: sockets.opener })
  return { ...result, asked, sentRequests: requests, entries, sent: sockets.sent }
}

function operationOf({ path, body }: HttpRequest): Asked | null {
  if (path !== '/graphql') return null
  const { operationName, query, variables } = JSON.parse(String(body)) as {
    operationName: string
    query: string
    variables: object
  }
  return { name: operationName, query, variables }
}

/** Wraps data in a GraphQL response, unless it is one already. */
function answerOf(reply: object): HttpResponse {
  if ('status' in reply) return { ...ok, ...(reply as Partial<HttpResponse>) }
  return { ...ok, body: Buffer.from(JSON.stringify('errors' in reply ? reply : { data: reply })) }
}

/** A gateway at which all goes well. */
function defaults(tell: (messageId: string) => void): Replies {
  const looks = new Map<string, number>()
  const said: string[] = []
  let posts = 0
  let image = Buffer.alloc(0)
  return {
    createUser: () => ({ createUser: { tokens: { idToken: 'host' } } }),
    login: ({ variables }) => ({ login: { tokens: { idToken: variables.email, refreshToken: 'r0' } } }),
    refreshIDToken: ({ variables }) => ({
      refreshIDToken: { idToken: 'renewed', refreshToken: `${variables.refreshToken}+` },
    }),
    posts: () => ({
      posts: { edges: [{ node: { id: 'found' } }], pageInfo: { hasNextPage: true, endCursor: 'cursor' } },
    }),
    post: ({ variables }) => ({ post: { id: variables.id } }),
    createPost: () => ({ createPost: { sagaId: 's', post: { id: `post-${++posts}` } } }),
    postState: ({ variables }) => {
      looks.set(variables.id, (looks.get(variables.id) ?? 0) + 1)
      return { post: { state: looks.get(variables.id)! > 1 ? 'APPROVED' : 'PENDING' } }
    },
    'POST /images': ({ variables }) => {
      image = (variables as HttpRequest).body as Buffer<ArrayBuffer>
      return { status: 201, body: Buffer.from('{"id":"image"}') }
    },
    postImages: () => ({ post: { images: [{ id: 'image', path: '/images/image' }] } }),
    'GET /images/image': () => ({ status: 200, body: image }),
    createApplyPost: ({ variables }) => ({ createApplyPost: { id: `application ${variables.key}` } }),
    deleteApplyPost: () => ({ deleteApplyPost: true }),
    room: () => ({ room: { messages: { messages: said.slice(-10).map((id) => ({ id })) } } }),
    createMessage: ({ variables }) => {
      const id = `message ${variables.key}`
      said.push(id)
      tell(id)
      return { createMessage: { id } }
    },
  }
}

function createSockets(clock: VirtualClock, { tell: told, lostAfter = Infinity }: SocketHabits) {
  const sent: Readonly<Record<string, unknown>>[] = []
  const queues: { readonly texts: string[]; come: number }[] = []
  const frames = told === undefined ? defaultFrames : told
  const opener: SocketOpener = {
    async open({ hello, isReady }) {
      sent.push(JSON.parse(hello) as Record<string, unknown>)
      if (!isReady(JSON.stringify({ type: 'connection_ack' }))) return { socket: null, reason: 'timeout' }
      const queue = { texts: [] as string[], come: 0 }
      queues.push(queue)
      const socket: Socket = {
        get isOpen() {
          return queue.come < lostAfter
        },
        send: (text) => void sent.push(JSON.parse(text) as Record<string, unknown>),
        next: (accept) => nextOf(queue.texts, accept),
        close: () => void (queue.come = Infinity),
      }
      return { socket, reason: null }
    },
    close: async () => {},
  }

  function nextOf(texts: string[], accept: (text: string) => boolean): Promise<Received> {
    for (let text = texts.shift(); text !== undefined; text = texts.shift())
      if (accept(text)) return Promise.resolve({ text, at: clock.now(), reason: null })
    return new Promise(
      (resolve) => void clock.schedule(1000, () => resolve({ text: null, at: clock.now(), reason: 'timeout' })),
    )
  }

  return {
    opener,
    sent,
    tell(messageId: string) {
      for (const queue of queues) {
        if (queue.come >= lostAfter) continue
        const texts = frames?.(messageId) ?? []
        queue.texts.push(...texts.map((frame) => JSON.stringify(frame)))
        queue.come += texts.length
      }
    },
  }
}

const defaultFrames = (id: string) => [{ type: 'next', id: '1', payload: { data: { messageAdded: { id } } } }]
