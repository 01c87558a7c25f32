import { defineScenario, type Scenario, type VirtualUser } from '../../../load/scenario.ts'
import { ask } from './graphql.ts'
import { imageAttempt } from '../ledger.ts'
import { createTexts, seededPassword } from '../made.ts'
import type { PostText } from '../post/contract.ts'
import { makePng } from './png.ts'
import { isShown, upload } from './pictures.ts'
import { post, waitUntilApproved } from './posting.ts'

const thinkBeforeMs = [2000, 4000] as const
const thinkWhileWritingMs = [500, 1500] as const

const createUser = `mutation createUser($email: String!, $name: String!, $password: String!) {
  createUser(email: $email, name: $name, password: $password) { tokens { idToken } }
}`

interface Host {
  idToken: string | null
}

/** Signs up, once, and then posts meetups with an image each, and waits for what becomes of them. */
export function createHostScenario(seed: string): Scenario {
  const makeText = createTexts(seed)
  return defineScenario({
    name: 'host',
    think: thinkBeforeMs,
    prepare: (): Host => ({ idToken: null }),
    async run(user, host) {
      host.idToken ??= await signUp(user)
      if (host.idToken === null) return
      await user.think(thinkWhileWritingMs)
      await postWithImage(user, makeText(user.random, Date.now()), host.idToken)
    },
  })
}

async function signUp(user: VirtualUser): Promise<string | null> {
  const email = `host-${user.runId}-${user.id}@meetups.example`.toLowerCase()
  const { data } = await ask(user, 'createUser', createUser, {
    email,
    name: `Host ${user.id}`,
    password: seededPassword,
  })
  const made = data?.['createUser'] as { readonly tokens: { readonly idToken: string } } | null | undefined
  return made?.tokens.idToken ?? null
}

async function postWithImage(user: VirtualUser, text: PostText, idToken: string): Promise<void> {
  const id = await post(user, text, idToken)
  if (id === null) return
  const png = makePng(user.random)
  const imageId = await upload(user, id, png, idToken)
  await waitUntilApproved(user, id, idToken)
  if (imageId === null) return
  // Only now: those of a post that is rejected are removed.
  await user.ledger.record({ ...imageAttempt(id, imageId), outcome: 'booked', id: imageId })
  if (!(await isShown(user, id, imageId, png, idToken))) throw new Error('the post does not show an acknowledged image')
}
