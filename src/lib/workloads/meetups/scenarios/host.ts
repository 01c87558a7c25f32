import { meanThinkMs } from '../../../load/engine/iteration-time.ts'
import type { Scenario, VirtualUser } from '../../../ports/scenario.ts'
import { ask, comeAgainAfter, resultOf } from './graphql.ts'
import { imageAttempt } from '../ledger.ts'
import { createTexts, seededPassword } from '../generator.ts'
import type { PostText } from '../post/contract.ts'
import type { Logins, Tokens } from './logins.ts'
import { makePng, isShown, upload } from './pictures.ts'
import { post, waitUntilApproved } from './posting.ts'
import { defineScenario } from '../../../load/scenarios/define-scenario.ts'

const thinkBeforeMs = [2000, 4000] as const
const thinkWhileWritingMs = [500, 1500] as const

const createUser = `mutation createUser($email: String!, $name: String!, $password: String!) {
  createUser(email: $email, name: $name, password: $password) { tokens { idToken refreshToken } }
}`

interface Host {
  isSignedUp: boolean
}

/** Signs up, once, and then posts meetups with an image each, and waits for what becomes of them. */
export function createHostScenario(seed: string, logins: Logins): Scenario {
  const makeText = createTexts(seed)
  return defineScenario({
    name: 'host',
    think: thinkBeforeMs,
    iterationMs: meanThinkMs(thinkBeforeMs, thinkWhileWritingMs),
    prepare: (): Host => ({ isSignedUp: false }),
    async run(user, host) {
      const email = `host-${user.runId}-${user.id}@meetups.example`.toLowerCase()
      host.isSignedUp ||= await signUp(user, email, logins)
      if (!host.isSignedUp) return
      const tokens = await logins.logIn(user, email)
      if (!tokens) return
      await user.think(thinkWhileWritingMs)
      await postWithImage(user, makeText(user.random, Date.now()), tokens.idToken)
    },
  })
}

async function signUp(user: VirtualUser, email: string, logins: Logins): Promise<boolean> {
  const variables = { email, name: `Host ${user.id}`, password: seededPassword }
  const asked = await ask(user, 'createUser', createUser, variables)
  const wait = comeAgainAfter(asked)
  if (wait) {
    await user.think(wait)
    return signUp(user, email, logins)
  }
  const made = resultOf(asked, 'createUser') as { readonly tokens: Tokens } | null
  if (made) logins.add(email, made.tokens)
  return made !== null
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
