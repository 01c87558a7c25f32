import { expect, it } from 'vitest'
import { createGenerator } from '../../../../src/lib/load/engine/generator.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { createMetricsTotal } from '../../../../src/lib/load/metrics/interval-metrics.ts'
import { realClock } from '../../../../src/lib/base/measure/clock.ts'
import { createMemoryPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import type { PubSub } from '../../../../src/lib/ports/pubsub.ts'
import { channelOf } from '../../../../src/lib/workloads/meetups/chat/announcements.ts'
import { messages } from '../../../../src/lib/workloads/meetups/chat/tables.ts'
import { meetups as workload } from '../../../../src/lib/workloads/meetups/index.ts'
import { readDelivery } from '../../../../src/lib/workloads/meetups/ledger.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'
import { audit } from '../../../support/meetups/services.ts'

const seed = 'x'
const options = { seed, service: ['all'], servicePort: 0, images: '' } as const

/** Lets members chat over real sockets, who wait for `timeout` ms, until `isEnough` says so of what they wrote down. */
async function chat(
  { origin, place }: Meetups,
  timeout: number,
  isEnough: (entries: readonly LedgerEntry[]) => boolean,
) {
  for await (const _ of workload.seed(place.database, options));
  const entries: LedgerEntry[] = []
  const stop = new AbortController()
  const recorded = createMetricsTotal()
  const record = async (entry: LedgerEntry) => {
    entries.push(entry)
    if (isEnough(entries)) stop.abort()
  }
  const generator = createGenerator(
    {
      origins: [origin],
      timeout,
      model: { kind: 'closed', stages: [{ durationMs: 60_000, users: 1 }] },
      shard: { index: 0, of: 1 },
      seed,
      runId: 'r1',
      statuses: { bookedStatuses: [201], conflictStatuses: [409] },
    },
    {
      ledger: { record },
      signal: stop.signal,
      onMistake() {},
      onSecond: (interval) => recorded.add(interval.recorded),
    },
    { scenarios: workload.scenarios(options, 'r1').filter(({ name }) => name === 'chat'), clock: realClock },
  )
  await generator.prepare()
  const { last } = await generator.run()
  recorded.add(last!.recorded)
  await generator.close()
  return { entries, recorded }
}

const deliveries = (entries: readonly LedgerEntry[]) => entries.filter((entry) => readDelivery(entry) !== null)

it('finds that every message reached each member who was connected', async () => {
  await using meetups = await startMeetups(meetupEngines[0]!.open!)
  const { entries, recorded } = await chat(meetups, 20_000, (noted) => deliveries(noted).length >= 4)
  expect(recorded.failureReasons).toEqual({})
  expect([...recorded.steps.keys()]).toEqual(expect.arrayContaining(['connect', 'createMessage', 'messageAdded']))
  expect(await audit({ ...meetups.place, broker: meetups.broker }, entries)).toMatchObject({ lost: 0, passed: true })
  expect(meetups.errors).toEqual([])
})

it('finds the messages that a member who was connected never got, and says which', async () => {
  const pubsub = createMemoryPubSub()
  let told = 0
  /** Tells of the first messages of each room alone. */
  const forgetful: PubSub = {
    ...pubsub,
    async publish(channel, text) {
      if (!channel.startsWith(channelOf('')) || text === '' || ++told <= 2) await pubsub.publish(channel, text)
    },
  }
  await using meetups = await startMeetups(meetupEngines[0]!.open!, forgetful)
  const isMissed = ({ outcome }: LedgerEntry) => outcome === 'failed'
  const { entries, recorded } = await chat(meetups, 1000, (noted) => deliveries(noted).filter(isMissed).length >= 2)
  expect(recorded.failureReasons['timeout']).toBeGreaterThan(0)
  // On a slow machine one may have come after all.
  const come = new Set(entries.filter(({ outcome }) => outcome === 'booked').map(({ key }) => key))
  const missed = deliveries(entries).filter((entry) => isMissed(entry) && !come.has(entry.key))
  expect(missed.length).toBeGreaterThan(0)
  const found = await audit({ ...meetups.place, broker: meetups.broker }, entries)
  expect(found.passed).toBe(false)
  for (const { messageId, roomId, subscriber } of missed.map((entry) => readDelivery(entry)!)) {
    const [message] = await meetups.place.database.store.find(messages, { id: messageId })
    expect(found.violations).toContainEqual({
      kind: 'lost',
      key: `message ${messageId}`,
      detail: `number ${message?.position} of room ${roomId} never reached the subscriber ${subscriber}, which was connected`,
    })
  }
})
