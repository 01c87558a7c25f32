import { defineScenario, type StepResponse, type VirtualUser } from 'rushbench'

// For chaos.ts: members of the workload meetups who log in once and then do nothing but apply for posts, few enough that some
// are full, write into their rooms, and post now and then, so that a short run has many bookings.

const postCount = 60

const operations = {
  login: `mutation login($email: String!, $password: String!) {
    login(email: $email, password: $password) { tokens { idToken } }
  }`,
  createApplyPost: `mutation createApplyPost($postId: ID!, $key: String) {
    createApplyPost(postId: $postId, key: $key) { id }
  }`,
  createPost: 'mutation createPost($input: PostInput!) { createPost(input: $input) { post { id } } }',
  createMessage: `mutation createMessage($roomId: ID!, $body: String!, $key: String) {
    createMessage(roomId: $roomId, body: $body, key: $key) { id }
  }`,
} as const

/** Codes that are right answers to somebody who applies, or who writes before the room knows of them. */
const refusals = new Set(['full', 'taken', 'wrong-state', 'forbidden'])

interface Member {
  idToken: string | null
  attempts: number
  /** Posts they have applied for, whose rooms they are in, or soon will be. */
  readonly joined: string[]
}

export default defineScenario({
  name: 'meet',
  think: [50, 150],
  prepare: (): Member => ({ idToken: null, attempts: 0, joined: [] }),
  async run(user, member) {
    member.idToken ??= await logIn(user)
    if (member.idToken === null) return
    if (user.random.float() < 0.1) {
      await post(user, member.idToken)
      return
    }
    const key = `${user.runId}-${user.id}-${++member.attempts}`
    const { idToken, joined } = member
    if (joined.length > 0 && user.random.float() < 0.5) {
      const roomId = user.random.pick(joined)
      await attempt(user, 'createMessage', { roomId, body: `Message ${key}`, key }, idToken, `room ${roomId}`)
    } else {
      const postId = seededPost(user.random.integer(0, postCount - 1))
      const isIn = await attempt(user, 'createApplyPost', { postId, key }, idToken, `post ${postId}`)
      if (isIn) joined.push(postId)
    }
  },
})

function seededPost(index: number): string {
  return `00000000-0002-7000-8000-${index.toString(16).padStart(12, '0')}`
}

async function logIn(user: VirtualUser): Promise<string | null> {
  const variables = { email: `member${user.id}@meetups.example`, password: 'carp-and-trout' }
  const { data } = read(await send(user, 'login', variables, {}))
  return (
    (data?.['login'] as { readonly tokens: { readonly idToken: string } } | null | undefined)?.tokens.idToken ?? null
  )
}

/** The server makes its id, so that nothing is known of one that was not acknowledged. */
async function post(user: VirtualUser, idToken: string): Promise<void> {
  const input = {
    title: 'Dawn at the weir',
    content: 'Bring bait.',
    prefecture: user.random.integer(1, 47),
    spotType: 'RIVER',
    fishTypes: ['CARP'],
    meetingAt: '2099-01-01T00:00:00.000Z',
    maxApply: 5,
  }
  const { data } = read(await send(user, 'createPost', { input }, { authorization: `Bearer ${idToken}` }))
  const made = data?.['createPost'] as { readonly post: { readonly id: string } } | null | undefined
  if (made) await user.ledger.record({ key: made.post.id, resource: 'post', outcome: 'booked', id: made.post.id })
}

/** True where it was acknowledged. */
async function attempt(
  user: VirtualUser,
  name: 'createApplyPost' | 'createMessage',
  variables: Readonly<Record<string, string>> & { readonly key: string },
  idToken: string,
  resource: string,
): Promise<boolean> {
  const answer = await send(user, name, variables, { authorization: `Bearer ${idToken}` })
  const { data, codes } = read(answer)
  const made = data?.[name] as { readonly id: string } | null | undefined
  const outcome = outcomeOf(answer, codes)
  await user.ledger.record({ key: variables.key, resource, outcome, ...(made && { id: made.id }) })
  return outcome === 'booked'
}

function send(
  user: VirtualUser,
  name: keyof typeof operations,
  variables: object,
  headers: Readonly<Record<string, string>>,
): Promise<StepResponse> {
  return user.request({
    step: name,
    method: 'POST',
    path: '/graphql',
    headers,
    body: { operationName: name, query: operations[name], variables },
    wantBody: true,
  })
}

function read(answer: StepResponse): {
  readonly data: Record<string, unknown> | null
  readonly codes: readonly string[]
} {
  if (answer.status !== 200) return { data: null, codes: [] }
  const { data, errors = [] } = answer.json() as {
    readonly data: Record<string, unknown> | null
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
  }
  return { data, codes: errors.map(({ extensions }) => extensions.code) }
}

/** A service that did not answer the gateway may have carried it out all the same. */
function outcomeOf({ status, maybeExecuted }: StepResponse, codes: readonly string[]) {
  if (status === 0) return maybeExecuted ? 'unknown' : 'failed'
  if (status !== 200) return 'failed'
  if (codes.length === 0) return 'booked'
  if (codes.includes('unavailable')) return 'unknown'
  return codes.every((code) => refusals.has(code)) ? 'conflict' : 'failed'
}
