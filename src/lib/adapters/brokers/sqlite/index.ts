import { setImmediate as nextTurn } from 'node:timers/promises'
import { openSqliteFile } from '../../databases/sqlite/connection.ts'
import type { SqliteConnection } from '../../databases/sqlite/connection.ts'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { deliver, runConsumer } from '../delivery.ts'
import type { BrokerDriver } from '../broker.ts'
import type { Consumer, Consumption, Message } from '../../../ports/broker.ts'
import {
  acknowledge,
  acknowledgeWithinMs,
  countBacklog,
  makeBrokerTables,
  messageOf,
  messagesAfter,
  renew,
  takeLease,
  type MessageLease,
} from './leases.ts'
import { pause } from '../../../base/abort.ts'

/** How often a member that found nothing looks again, ms: what a message waits at most where nothing else is going on. */
const pollMs = 5

/** Before a file that could not be used is tried again, ms. */
const tryAgainMs = 250

/** Messages that `read` holds at a time. */
const readPage = 1000

/** The embedded broker: a file that any number of processes of this machine share. Throws `broker-unreachable`. */
export async function openSqliteDriver(url: string): Promise<BrokerDriver> {
  const file = await openFile(url)
  const publish = createPublisher(file)
  return {
    kind: 'sqlite',
    url,
    async publish(topic, messages) {
      if (messages.length > 0) await publish(topic, messages)
    },
    consume: async (consumption) => startConsumer(file, consumption),
    backlog: async (topic, group) => countBacklog(file, topic, group),
    read: (topic) => readTopic(file, topic),
    translate: (error) => unreachable(url, error),
    close: async () => file.close(),
  }
}

async function openFile(url: string): Promise<SqliteConnection> {
  try {
    const file = await openSqliteFile(url)
    makeBrokerTables(file)
    return file
  } catch (error) {
    throw unreachable(url, error)
  }
}

function unreachable(url: string, error: unknown): RushbenchError {
  const ours = error instanceof RushbenchError
  // What to do about it is not what is to be done about a database.
  if (ours && (error.code === 'disk-full' || error.code === 'broker-unreachable')) return error
  return failure('broker-unreachable', { url, reason: reasonOf((ours && error.cause) || error) }, error)
}

interface Publication {
  readonly topic: string
  readonly messages: readonly Message[]
  readonly done: PromiseWithResolvers<void>
}

/** Lets everything that is published in the same turn share a commit, since each waits for the disk. */
function createPublisher(file: SqliteConnection): (topic: string, messages: readonly Message[]) => Promise<void> {
  let waiting: Publication[] = []

  function commit(): void {
    const publications = waiting
    waiting = []
    try {
      file.transaction(() => {
        const insert = file.prepare('insert into rushbench_messages (topic, key, value) values (?, ?, ?)')
        for (const { topic, messages } of publications) {
          for (const { key, value } of messages) insert.run(topic, key, value)
        }
      })
      for (const { done } of publications) done.resolve()
    } catch (error) {
      for (const { done } of publications) done.reject(error)
    }
  }

  return (topic, messages) => {
    const done = Promise.withResolvers<void>()
    if (waiting.push({ topic, messages, done }) === 1) setImmediate(commit)
    return done.promise
  }
}

function startConsumer(file: SqliteConnection, consumption: Consumption): Consumer {
  const { topic, group, maxBatch, onError } = consumption
  const taking = {
    async take(stop: AbortSignal, isUp: () => void) {
      const taken = takeLease(file, topic, group, maxBatch)
      if (taken) await handle(file, taken, consumption, stop)
      else await pause(pollMs, stop)
      isUp()
      // Everything above may have been done without waiting for anything: others have to have their turn.
      await nextTurn()
    },
    translate: (error: unknown) => unreachable(file.url, error),
    tryAgainMs,
  }
  return runConsumer(taking, onError)
}

async function handle(
  file: SqliteConnection,
  taken: MessageLease,
  consumption: Consumption,
  stop: AbortSignal,
): Promise<void> {
  const stillHere = setInterval(() => {
    try {
      renew(file, taken)
    } catch (error) {
      consumption.onError(unreachable(file.url, error))
    }
  }, acknowledgeWithinMs / 3)
  try {
    const handled = await deliver(taken.messages.map(messageOf), consumption, stop)
    if (handled) acknowledge(file, taken)
    else renew(file, taken, true)
  } finally {
    clearInterval(stillHere)
  }
}

async function* readTopic(file: SqliteConnection, topic: string): AsyncGenerator<readonly Message[]> {
  const end = lastPosition(file, topic)
  for (let position = 0; position < end;) {
    const page = messagesAfter(file, topic, position, readPage, end)
    yield page.map(messageOf)
    position = page.at(-1)?.position ?? end
  }
}

function lastPosition(file: SqliteConnection, topic: string): number {
  const row = file.prepare('select max(position) as last from rushbench_messages where topic = ?').get(topic)
  return Number(row?.['last'] ?? 0)
}
