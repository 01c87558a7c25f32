import * as fc from 'fast-check'
import { serveGateway } from '../../../src/lib/workloads/meetups/gateway/server.ts'
import { RpcError } from '../../../src/lib/workloads/meetups/rpc/errors.ts'
import type { Clients } from '../../../src/lib/workloads/meetups/services.ts'
import { textsLike, valuesLike } from '../like.ts'
import { reader, type OpenReader } from '../reader.ts'
import { whyNoAnswer } from '../refusal.ts'

/** Services that know nothing and nobody. */
const clients: Clients = {
  get: async () =>
    new Proxy({} as never, {
      get: (_target, method) =>
        method === 'then' ? undefined : () => Promise.reject(new RpcError('not-found', 'there is none')),
    }),
  close: async () => {},
}

/** A gateway with nothing behind it, and what it calls errors of its own. */
async function openGateway() {
  const errors: Error[] = []
  const onError = (error: Error): void => void errors.push(error)
  const database = { now: async () => 0 }
  const server = await serveGateway({ host: '127.0.0.1', port: 0, onError, database, openClients: () => clients })
  return {
    origin: server.origin,
    close: () => server.close(),
    /** Throws where an answer is none that a client should see. */
    judge(status: number, text: string): void {
      const own = errors.splice(0)[0]
      const why = own ? `an error of its own: ${own.message}` : status >= 500 ? `status ${status}` : whyNoAnswer(text)
      if (why !== null) throw new TypeError(`${why}: ${text.slice(0, 300)}`)
    },
  }
}

const documents = [
  '{ posts(first: 3) { edges { cursor node { id title images { path } } } pageInfo { hasNextPage } } }',
  'query q($v: ID!) { post(id: $v) { title } room(id: $v) { createdAt } user(id: $v) { name } }',
  'mutation { createApplyPost(postId: "a", key: "b") { id } }',
  '{ __schema { types { name fields { name type { ofType { name } } } } } }',
  'fragment f on Post { id ...g } fragment g on Post { title } query { post(id: "a") { ...f } }',
]
const words = [
  '{',
  '}',
  '(',
  ')',
  '...',
  '...f',
  '@skip(if: true)',
  '$v',
  'posts',
  '__schema',
  '__typename',
  'first: 1000000000',
  '"',
  '"""',
  'a: posts',
  '[',
  '#',
]

const dialogue = [
  { type: 'connection_init', payload: { authorization: 'Bearer x' } },
  {
    type: 'subscribe',
    id: '1',
    payload: { query: 'subscription { messageAdded(roomId: "a", after: "0") { id } }', variables: { v: 'a' } },
  },
  { type: 'complete', id: '1' },
  { type: 'ping' },
]
const frame = fc.oneof(
  { weight: 4, arbitrary: valuesLike(dialogue).map((value) => JSON.stringify(value) ?? '') },
  {
    weight: 1,
    arbitrary: textsLike(
      dialogue.map((text) => JSON.stringify(text)),
      ['{', '}', '"type":', '"id":', 'null', '[]'],
    ),
  },
)

export const gatewayReaders = [
  reader({
    name: 'graphql',
    what: 'GraphQL documents and their variables, as a gateway answers them',
    inputs: fc.record({ query: textsLike(documents, words), variables: valuesLike([{ v: 'a' }]) }),
    async open(): Promise<OpenReader<object>> {
      const { origin, close, judge } = await openGateway()
      return {
        close,
        async read(body) {
          const headers = { 'content-type': 'application/json' }
          const response = await fetch(`${origin}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })
          judge(response.status, await response.text())
        },
      }
    },
  }),
  reader({
    name: 'sockets',
    what: 'WebSocket dialogues of GraphQL',
    inputs: fc.array(frame, { minLength: 1, maxLength: 6 }),
    async open(): Promise<OpenReader<string[]>> {
      const { origin, close, judge } = await openGateway()
      return {
        close,
        read: async (texts) => judge(200, await converse(`${origin.replace('http', 'ws')}/graphql`, texts)),
      }
    },
  }),
]

/** Time for which answers are still read after the last message, ms. */
const listenMs = 2

/** Says all texts on a socket of its own, and returns all that came and why it was closed. */
async function converse(url: string, texts: readonly string[]): Promise<string> {
  const socket = new WebSocket(url, 'graphql-transport-ws')
  const heard: string[] = []
  const closed = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => void heard.push(String(data)))
  socket.addEventListener('close', ({ reason }) => {
    heard.push(reason)
    closed.resolve()
  })
  socket.addEventListener('error', () => closed.resolve())
  socket.addEventListener('open', () => {
    for (const text of texts) socket.send(text)
    setTimeout(() => socket.close(), listenMs)
  })
  await closed.promise
  return heard.join('\n')
}
