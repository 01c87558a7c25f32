import type { VirtualUser } from '../../../ports/scenario.ts'
import { ask, recordMade, refusals, resultOf } from './graphql.ts'
import { applicationAttempt, postAttempt } from '../ledger.ts'
import type { PostText } from '../post/contract.ts'

/** How long the saga of a post may take, ms, and the wait between two looks. */
const patienceMs = 20_000
const lookEveryMs = [200, 500] as const

const createPost = `mutation createPost($input: PostInput!) {
  createPost(input: $input) { sagaId post { id state } }
}`
const createApplyPost = `mutation createApplyPost($postId: ID!, $key: String) {
  createApplyPost(postId: $postId, key: $key) { id }
}`
const postState = 'query postState($id: ID!) { post(id: $id) { state } }'

/** Posts a meetup: its id, or null where it could not be posted. */
export async function post(user: VirtualUser, text: PostText, idToken: string): Promise<string | null> {
  const input = { ...text, meetingAt: new Date(text.meetingAt).toISOString() }
  const response = await ask(user, 'createPost', createPost, { input }, { idToken })
  const made = resultOf(response, 'createPost') as { readonly post: { readonly id: string } } | null
  if (!made) return null
  const { id } = made.post
  await user.ledger.record({ ...postAttempt(id), outcome: 'booked', id })
  return id
}

/** Waits until the saga of a post has approved it. Throws where it is rejected, or that takes too long. */
export async function waitUntilApproved(user: VirtualUser, id: string, idToken: string): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    await user.think(lookEveryMs)
    const response = await ask(user, 'postState', postState, { id }, { idToken })
    const state = (resultOf(response, 'post') as { readonly state: string } | null)?.state
    if (state === 'APPROVED') return
    if (state === 'REJECTED') throw new Error('the saga has rejected the post')
    if (performance.now() > until) throw new Error('the saga has not come to its end')
  }
}

/** Applies for a post: false where that was refused, since others may have been faster, or failed. */
export async function apply(user: VirtualUser, postId: string, key: string, idToken: string): Promise<boolean> {
  const options = { idToken, expected: refusals }
  const response = await ask(user, 'createApplyPost', createApplyPost, { postId, key }, options)
  return (await recordMade(user, response, 'createApplyPost', applicationAttempt(postId, key))) !== null
}
