import { meanThinkMs } from '../../../load/engine/iteration-time.ts'
import type { Scenario, VirtualUser } from '../../../ports/scenario.ts'
import { ask, recordMade, resultOf } from './graphql.ts'
import { messageAttempt } from '../ledger.ts'
import { createTexts, seededAccounts, type MeetupGenerator } from '../generator.ts'
import type { PostText } from '../post/contract.ts'
import type { Logins } from './logins.ts'
import { apply, post, waitUntilApproved } from './posting.ts'
import { awaitMessage, subscribe, type Subscriber } from './subscriber.ts'
import { defineScenario } from '../../../load/scenarios/define-scenario.ts'

const thinkBeforeMs = [1000, 3000] as const
const thinkBeforeAnsweringMs = [500, 1500] as const

/** How long it may take until who has applied is in the room, ms, and the wait between two looks. */
const patienceMs = 20_000
const lookEveryMs = [200, 500] as const

const operations = {
  room: `query room($id: ID!) {
    room(id: $id) { members { user { name } } messages(first: 10) { messages { id body user { name } } } }
  }`,
  createMessage: `mutation createMessage($roomId: ID!, $body: String!, $key: String) {
    createMessage(roomId: $roomId, body: $body, key: $key) { id }
  }`,
} as const

/** Two members, and what they have said so far. */
interface Pair {
  readonly emails: readonly [owner: string, guest: string]
  roomId: string | null
  attempts: number
  last: string | null
  /** The two who are told of messages: the owner, and the guest. */
  readonly subscribers: [Subscriber | null, Subscriber | null]
}

/**
 * One user plays two people who meet: one has posted, the other has applied, and each answers the other. Both subscribe, and
 * are told of every message.
 */
export function createChatScenario(generator: MeetupGenerator, seed: string, logins: Logins): Scenario {
  const makeText = createTexts(seed)
  const emailOf = (id: number) => generator.account(id % seededAccounts).email
  return defineScenario({
    name: 'chat',
    think: thinkBeforeMs,
    iterationMs: meanThinkMs(thinkBeforeMs, thinkBeforeAnsweringMs, thinkBeforeAnsweringMs),
    prepare: ({ id }): Pair => ({
      emails: [emailOf(id), emailOf(id + 1)],
      roomId: null,
      attempts: 0,
      last: null,
      subscribers: [null, null],
    }),
    async run(user, pair) {
      const idTokens = await logInBoth(user, pair, logins)
      if (!idTokens) return
      pair.roomId ??= await meet(user, pair, idTokens, makeText(user.random, Date.now()))
      if (pair.roomId === null) return
      const id = pair.roomId
      const [owner, guest] = idTokens
      pair.last ??= await say(user, pair, id, owner)
      for (const [speaker, listener] of [
        [owner, guest],
        [guest, owner],
      ] as const) {
        if (pair.last === null || !(await follow(user, pair, id, idTokens, pair.last))) return
        const messageId = await say(user, pair, id, speaker)
        if (messageId === null) return
        pair.last = messageId
        for (const subscriber of pair.subscribers) if (subscriber) await awaitMessage(user, subscriber, messageId)
        await user.think(thinkBeforeAnsweringMs)
        const seen = await readRoom(user, id, listener)
        if (seen && !seen.includes(messageId)) throw new Error('the other member does not see an acknowledged message')
      }
    },
  })
}

/** Subscribes who is not connected, or not any more; false where that failed. */
async function follow(
  user: VirtualUser,
  pair: Pair,
  roomId: string,
  idTokens: IdTokens,
  after: string,
): Promise<boolean> {
  for (const [at, idToken] of idTokens.entries()) {
    if (pair.subscribers[at]?.socket.isOpen) continue
    const subscriber = keyOf(user, pair)
    pair.subscribers[at] = await subscribe(user, { roomId, subscriber }, after, idToken)
  }
  return pair.subscribers.every((subscriber) => subscriber !== null)
}

type IdTokens = readonly [owner: string, guest: string]

async function logInBoth(user: VirtualUser, { emails }: Pair, logins: Logins): Promise<IdTokens | null> {
  const owner = await logins.logIn(user, emails[0])
  const guest = await logins.logIn(user, emails[1])
  return owner && guest && [owner.idToken, guest.idToken]
}

/** The id of their room; null where something on the way there failed. */
async function meet(user: VirtualUser, pair: Pair, [owner, guest]: IdTokens, text: PostText): Promise<string | null> {
  const id = await post(user, text, owner)
  if (id === null) return null
  await waitUntilApproved(user, id, owner)
  if (!(await apply(user, id, keyOf(user, pair), guest))) return null
  const until = performance.now() + patienceMs
  while ((await readRoom(user, id, guest, ['forbidden'])) === null) {
    if (performance.now() > until) throw new Error('who has applied is not in the room')
    await user.think(lookEveryMs)
  }
  return id
}

async function say(user: VirtualUser, pair: Pair, roomId: string, idToken: string): Promise<string | null> {
  const key = keyOf(user, pair)
  const variables = { roomId, body: `Message ${key}`, key }
  const response = await ask(user, 'createMessage', operations.createMessage, variables, { idToken })
  return recordMade(user, response, 'createMessage', messageAttempt(roomId, key))
}

/** The newest messages' ids; null where it could not be read. */
async function readRoom(
  user: VirtualUser,
  id: string,
  idToken: string,
  expected: readonly string[] = [],
): Promise<string[] | null> {
  const response = await ask(user, 'room', operations.room, { id }, { idToken, expected })
  const room = resultOf(response, 'room') as {
    readonly messages: { readonly messages: readonly { readonly id: string }[] }
  } | null
  return room && room.messages.messages.map((message) => message.id)
}

/** Unlike that of any other attempt. */
function keyOf(user: VirtualUser, pair: Pair): string {
  return `${user.runId}-chat-${user.id}-${++pair.attempts}`
}
