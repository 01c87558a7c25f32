import { setImmediate as nextTurn } from 'node:timers/promises'
import { openSqliteFile } from '../../databases/sqlite/connection.ts'
import type { SqliteConnection } from '../../databases/sqlite/connection.ts'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { deliver, watchOutage } from '../delivery.ts'
import { checkName } from '../url.ts'
import type { Broker, Consumer, Consumption, Message } from '../../../ports/broker.ts'
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
export async function openSqliteBroker(url: string): Promise<Broker> {
  const file = await openFile(url)
  const consumers = new Set<Consumer>()
  const publish = createPublisher(file)
  return {
    kind: 'sqlite',
    url,
    async publish(topic, messages) {
      checkName('topic', topic)
      if (messages.length > 0) await publish(topic, messages)
    },
    async consume(consumption) {
      checkName('topic', consumption.topic)
      checkName('group', consumption.group)
      const consumer = startConsumer(file, consumption)
      consumers.add(consumer)
      return consumer
    },
    async backlog(topic, group) {
      checkName('topic', topic)
      checkName('group', group)
      return orUnreachable(url, () => countBacklog(file, topic, group))
    },
    read: (topic) => readTopic(file, topic),
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(consumers, (consumer) => consumer.close()))
      file.close()
    },
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

function orUnreachable<T>(url: string, work: () => T): T {
  try {
    return work()
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
      for (const { done } of publications) done.reject(unreachable(file.url, error))
    }
  }

  return (topic, messages) => {
    const done = Promise.withResolvers<void>()
    if (waiting.push({ topic, messages, done }) === 1) setImmediate(commit)
    return done.promise
  }
}

function startConsumer(file: SqliteConnection, consumption: Consumption): Consumer {
  const { topic, group, maxBatch } = consumption
  const outage = watchOutage(consumption.onError)
  const stop = new AbortController()

  async function work(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const taken = takeLease(file, topic, group, maxBatch)
        if (taken) await handle(file, taken, consumption, stop.signal)
        else await pause(pollMs, stop.signal)
        outage.over()
      } catch (error) {
        outage.failed(unreachable(file.url, error))
        await pause(tryAgainMs, stop.signal)
      }
      // Everything above may have been done without waiting for anything: others have to have their turn.
      await nextTurn()
    }
  }

  const ended = work()
  return {
    async close() {
      stop.abort()
      await ended
    },
  }
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

async function* readTopic(file: SqliteConnection, topic: string): AsyncGenerator<Message> {
  checkName('topic', topic)
  const end = orUnreachable(file.url, () => lastPosition(file, topic))
  let position = 0
  while (position < end) {
    const after = position
    const page = orUnreachable(file.url, () => messagesAfter(file, topic, after, readPage, end))
    for (const stored of page) yield messageOf(stored)
    position = page.at(-1)?.position ?? end
  }
}

function lastPosition(file: SqliteConnection, topic: string): number {
  const row = file.prepare('select max(position) as last from rushbench_messages where topic = ?').get(topic)
  return Number(row?.['last'] ?? 0)
}
