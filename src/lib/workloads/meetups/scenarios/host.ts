import { defineScenario, type Scenario, type VirtualUser } from '../../../load/scenario.ts'
import { ask } from './graphql.ts'
import { createTexts, seededPassword } from '../made.ts'
import { postAndWait } from './posting.ts'

const thinkBeforeMs = [2000, 4000] as const
const thinkWhileWritingMs = [500, 1500] as const

const createUser = `mutation createUser($email: String!, $name: String!, $password: String!) {
  createUser(email: $email, name: $name, password: $password) { tokens { idToken } }
}`

interface Host {
  idToken: string | null
}

/** Signs up, once, and then posts meetups and waits for what becomes of them. */
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
      await postAndWait(user, makeText(user.random, Date.now()), host.idToken)
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
