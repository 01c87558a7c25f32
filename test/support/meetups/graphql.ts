/** Response of a gateway. */
export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the query asks for
  readonly data: any
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions: { readonly code: string }
  }[]
}

/** A subscription that goes on. */
export interface Subscription extends AsyncDisposable {
  readonly seen: readonly Answer[]
  readonly errors: readonly unknown[]
}

/** Asks a gateway. */
export async function ask(origin: string, query: string, variables: object = {}, idToken = ''): Promise<Answer> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(idToken !== '' && { authorization: `Bearer ${idToken}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) }
}

/** Subscribes over a WebSocket of its own. */
export async function subscribe(origin: string, query: string, idToken: string): Promise<Subscription> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const seen: Answer[] = []
  const errors: unknown[] = []
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  const send = (message: object) => socket.send(JSON.stringify(message))
  socket.addEventListener('open', () =>
    send({ type: 'connection_init', payload: { authorization: `Bearer ${idToken}` } }),
  )
  socket.addEventListener('message', ({ data }) => {
    const { type, payload } = JSON.parse(String(data)) as { type: string; payload: Answer }
    if (type === 'connection_ack') resolve()
    else if (type === 'next') seen.push(payload)
    else if (type === 'error') errors.push(payload)
  })
  socket.addEventListener('error', () => reject(new Error('the socket failed')))
  await ready
  send({ id: '1', type: 'subscribe', payload: { query } })
  return {
    seen,
    errors,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => socket.addEventListener('close', done))
      socket.close()
      await closed
    },
  }
}
