import { meanThinkMs } from '../../../load/engine/iteration-time.ts'
import type { Scenario, VirtualUser } from '../../../ports/scenario.ts'
import type { ScenarioOptions } from '../../shared/scenarios.ts'
import { createMeetupGenerator, seededAccounts } from '../generator.ts'
import { fishTypes, spotTypes } from '../post/contract.ts'
import { createChatScenario } from './chat.ts'
import { ask as send, resultOf, type AskOptions } from './graphql.ts'
import { createHostScenario } from './host.ts'
import { apply } from './posting.ts'
import { createLogins, type Logins } from './logins.ts'
import { defineScenario } from '../../../load/scenarios/define-scenario.ts'

const thinkBeforeMs = [1000, 2000] as const
const thinkOverPostsMs = [500, 1500] as const
const thinkBeforeApplyingMs = [1000, 3000] as const

/** One in so many iterations of `join` renews its token, and one in so many withdraws again. */
const renewsOneIn = 20
const withdrawsOneIn = 3

const operations = {
  posts: `query posts($first: Int, $after: String, $orderBy: PostOrder, $filter: PostFilter) {
    posts(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
      edges { node { id title prefecture spotType fishTypes meetingAt placesLeft user { id name } } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  post: `query post($id: ID!) {
    post(id: $id) { id title content maxApply placesLeft user { name } applications { user { name } } }
  }`,
  deleteApplyPost: 'mutation deleteApplyPost($postId: ID!) { deleteApplyPost(postId: $postId) }',
} as const

/**
 * `browse` looks at posts by filter and page; `join` logs in, finds a post that is open and applies for it; `host` posts
 * meetups; `chat` is two members of a room who answer each other.
 */
export function createScenarios({ seed }: ScenarioOptions, _runId: string): readonly Scenario[] {
  const generator = createMeetupGenerator(seed)
  const logins = createLogins()
  return [
    defineScenario({
      name: 'browse',
      weight: 6,
      think: thinkBeforeMs,
      iterationMs: meanThinkMs(thinkBeforeMs, thinkOverPostsMs),
      run: browse,
    }),
    defineScenario({
      name: 'join',
      weight: 2,
      think: thinkBeforeMs,
      iterationMs: meanThinkMs(thinkBeforeMs, thinkBeforeApplyingMs),
      prepare: ({ id }): Applicant => ({ email: generator.account(id % seededAccounts).email, applications: 0 }),
      run: (user, applicant) => join(user, applicant, logins),
    }),
    createHostScenario(seed, logins),
    createChatScenario(generator, seed, logins),
  ]
}

interface Applicant {
  readonly email: string
  applications: number
}

interface ShownPage {
  readonly edges: readonly { readonly node: { readonly id: string } }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

async function browse(user: VirtualUser): Promise<void> {
  const { random } = user
  const filter = {
    ...(random.float() < 0.3 && { prefecture: random.integer(1, 47) }),
    ...(random.float() < 0.3 && { spotType: random.pick(spotTypes) }),
    ...(random.float() < 0.3 && { fishTypes: [random.pick(fishTypes)] }),
    ...(random.float() < 0.5 && { open: true }),
  }
  const variables = { first: 20, orderBy: random.pick(['CREATED', 'MEETING']), filter }
  const first = await findPosts(user, variables)
  if (!first) return
  await user.think(thinkOverPostsMs)
  const isNext = first.pageInfo.hasNextPage && random.float() < 0.5
  const page = isNext ? await findPosts(user, { ...variables, after: first.pageInfo.endCursor }) : first
  if (isNext) await user.think(thinkOverPostsMs)
  if (page && page.edges.length > 0) await ask(user, 'post', { id: random.pick(page.edges).node.id })
}

async function findPosts(user: VirtualUser, variables: object): Promise<ShownPage | null> {
  return resultOf(await ask(user, 'posts', variables), 'posts') as ShownPage | null
}

async function join(user: VirtualUser, applicant: Applicant, logins: Logins): Promise<void> {
  const { random } = user
  const isRenewed = random.integer(1, renewsOneIn) === 1
  const tokens = await (isRenewed ? logins.renew : logins.logIn)(user, applicant.email)
  const page = await findPosts(user, {
    first: 20,
    orderBy: random.pick(['CREATED', 'MEETING']),
    filter: { open: true, prefecture: random.integer(1, 47) },
  })
  if (!tokens || !page || page.edges.length === 0) return
  await user.think(thinkBeforeApplyingMs)
  const postId = random.pick(page.edges).node.id
  const { idToken } = tokens
  const key = `${user.runId}-${user.id}-${++applicant.applications}`
  // The owner is one of those who look.
  if (!(await apply(user, postId, key, idToken)) || random.integer(1, withdrawsOneIn) > 1) return
  await user.think(thinkBeforeMs)
  // Two users may share an account where there are more than were seeded.
  await ask(user, 'deleteApplyPost', { postId }, { idToken, expected: ['not-found'] })
}

function ask(user: VirtualUser, name: keyof typeof operations, variables: object, options: AskOptions = {}) {
  return send(user, name, operations[name], variables, options)
}
