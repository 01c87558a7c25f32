import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteFile } from '../databases/sqlite/open-file.ts'
import type { SqliteConnection } from '../databases/sqlite/connection.ts'
import type { Broker, Consumer, Consumption, Message } from './port.ts'

/** How often a member that found nothing looks again, ms: what a message waits at most where nothing else is going on. */
const pollMs = 5

/** After this long without an acknowledgement a message is handed to another member, ms. */
const acknowledgeWithinMs = 5000

/** Messages that `read` holds at a time. */
const readPage = 1000

interface StoredMessage {
  readonly position: number
  readonly key: string
  readonly value: Uint8Array
}

/**
 * The embedded broker: a file that any number of processes of this machine share. A group has the position up to which
 * it took messages, and a row for each that it took and has not acknowledged, with the time until which it is waited for.
 */
export async function openSqliteBroker(url: string): Promise<Broker> {
  const file = await openSqliteFile(url)
  file.transaction(() => {
    file.run(`create table if not exists rushbench_messages (/* rushbench:broker */
      position integer primary key autoincrement, topic text not null, key text not null, value blob not null)`)
    file.run('create index if not exists rushbench_messages_by_topic on rushbench_messages (topic, position)')
    file.run(`create table if not exists rushbench_taken (/* rushbench:broker */
      topic text not null, consumers text not null, position integer not null, primary key (topic, consumers)) without rowid`)
    file.run(`create table if not exists rushbench_unacknowledged (/* rushbench:broker */
      topic text not null, consumers text not null, position integer not null, until integer not null,
      primary key (topic, consumers, position)) without rowid`)
  })
  return {
    kind: 'sqlite',
    url,
    async publish(topic, messages) {
      file.transaction(() => {
        const insert = file.prepare('insert into rushbench_messages (topic, key, value) values (?, ?, ?)')
        for (const { key, value } of messages) insert.run(topic, key, value)
      })
    },
    consume: async (consumption) => startConsumer(file, consumption),
    backlog: async (topic, group) => countBacklog(file, topic, group),
    read: (topic) => readTopic(file, topic),
    [Symbol.asyncDispose]: async () => file.close(),
  }
}

function startConsumer(file: SqliteConnection, consumption: Consumption): Consumer {
  const { topic, group, handle, onError } = consumption
  const stop = new AbortController()
  const work = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        const messages = take(file, consumption)
        if (messages.length > 0) {
          await handle(messages.map(({ key, value }) => ({ key, value: Buffer.from(value) })))
          acknowledge(file, topic, group, messages)
          continue
        }
      } catch (error) {
        onError(error as Error)
      }
      await sleep(pollMs, null, { signal: stop.signal }).catch(() => {})
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

/** First what others took and did not acknowledge in time, so that nothing waits behind what is new. */
function take(file: SqliteConnection, { topic, group, maxBatch }: Consumption): StoredMessage[] {
  if (!hasMore(file, topic, group)) return []
  return file.transaction(() => {
    const now = Date.now()
    const overdue = file.prepare(
      `select position, key, value from rushbench_unacknowledged join rushbench_messages using (topic, position)
       where topic = ? and consumers = ? and until <= ? order by position limit ?`,
    )
    const late = overdue.all(topic, group, now, maxBatch) as unknown as StoredMessage[]
    const next = file.prepare(
      `select position, key, value from rushbench_messages where topic = ? and position > ? order by position limit ?`,
    )
    const room = maxBatch - late.length
    const fresh = next.all(topic, positionOf(file, topic, group), room) as unknown as StoredMessage[]
    const claim = file.prepare(
      `insert into rushbench_unacknowledged (topic, consumers, position, until) values (?, ?, ?, ?)
       on conflict do update set until = excluded.until`,
    )
    for (const { position } of [...late, ...fresh]) claim.run(topic, group, position, now + acknowledgeWithinMs)
    const last = fresh.at(-1)
    if (last) {
      file
        .prepare(
          `insert into rushbench_taken (topic, consumers, position) values (?, ?, ?)
           on conflict do update set position = excluded.position`,
        )
        .run(topic, group, last.position)
    }
    return [...late, ...fresh]
  })
}

/** Without the write lock, which a member that only waits would take from all others. */
function hasMore(file: SqliteConnection, topic: string, group: string): boolean {
  const found = file.prepare(
    `select exists (select 1 from rushbench_messages where topic = ?1 and position > ?3) or
       exists (select 1 from rushbench_unacknowledged where topic = ?1 and consumers = ?2 and until <= ?4) as more`,
  )
  return found.get(topic, group, positionOf(file, topic, group), Date.now())?.['more'] === 1
}

function positionOf(file: SqliteConnection, topic: string, group: string): number {
  const row = file.prepare('select position from rushbench_taken where topic = ? and consumers = ?').get(topic, group)
  return Number(row?.['position'] ?? 0)
}

function acknowledge(file: SqliteConnection, topic: string, group: string, messages: readonly StoredMessage[]): void {
  file.transaction(() => {
    const remove = file.prepare(
      'delete from rushbench_unacknowledged where topic = ? and consumers = ? and position = ?',
    )
    for (const { position } of messages) remove.run(topic, group, position)
  })
}

function countBacklog(file: SqliteConnection, topic: string, group: string): number {
  const counted = file.prepare(
    `select (select count(*) from rushbench_messages where topic = ?1 and position > ?3) +
       (select count(*) from rushbench_unacknowledged where topic = ?1 and consumers = ?2) as backlog`,
  )
  return Number(counted.get(topic, group, positionOf(file, topic, group))?.['backlog'])
}

async function* readTopic(file: SqliteConnection, topic: string): AsyncGenerator<Message> {
  const page = file.prepare(
    'select position, key, value from rushbench_messages where topic = ? and position > ? order by position limit ?',
  )
  let position = 0
  for (;;) {
    const rows = page.all(topic, position, readPage) as unknown as StoredMessage[]
    for (const { key, value } of rows) yield { key, value: Buffer.from(value) }
    const last = rows.at(-1)
    if (!last || rows.length < readPage) return
    position = last.position
  }
}
