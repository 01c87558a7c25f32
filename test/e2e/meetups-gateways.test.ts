import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, subscribe } from '../support/meetups/graphql.ts'
import { createPeople } from '../support/meetups/gateway-users.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

const redis = await findService('redis')
const say = 'mutation ($roomId: ID!, $body: String!) { createMessage(roomId: $roomId, body: $body) { id } }'

let place: CliSandbox
let running: RunningCli[]

beforeEach(async () => {
  place = await createSandbox()
  running = []
})
afterEach(async () => {
  for (const { child } of running) child.kill('SIGTERM')
  for (const { result } of running) await result
  await place[Symbol.asyncDispose]()
})

/** The origin of a gateway, with all services, in a process of its own. */
async function start(): Promise<string> {
  const cli = place.start(['start', '--workload', 'meetups', '--port', '0', '--cache', redis!])
  running.push(cli)
  return (await cli.waitFor(/Listening on (\S+)/))[1] as string
}

it.skipIf(redis === null)('brings a message of one gateway to a subscriber of another, through Redis', async () => {
  expect((await place.run(['migrate', '--workload', 'meetups'])).code).toBe(0)
  const [one, other] = [await start(), await start()]
  const people = createPeople({ ask: (...question) => ask(one, ...question) })
  const { idToken } = await people.newUser()
  const roomId = await people.newPost(idToken)
  await people.approved(roomId, idToken)

  async function sayIt(body: string): Promise<string> {
    const { data, errors } = await ask(one, say, { roomId, body }, idToken)
    expect(errors).toBeUndefined()
    return data.createMessage.id as string
  }

  const first = await sayIt('first')
  const added = `subscription { messageAdded(roomId: "${roomId}", after: "${first}") { body user { name } } }`
  await using there = await subscribe(other, added, idToken)
  const bodies = () => there.seen.map(({ data }) => data.messageAdded.body)
  await sayIt('second')
  // It may still have been read from the table; from here on it listens.
  await expect.poll(bodies, { timeout: 20_000 }).toEqual(['second'])
  for (const body of ['third', 'fourth']) await sayIt(body)
  await expect.poll(bodies, { timeout: 20_000 }).toEqual(['second', 'third', 'fourth'])
})
