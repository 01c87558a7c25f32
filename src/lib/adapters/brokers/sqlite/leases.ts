import type { SqliteConnection } from '../../databases/sqlite/connection.ts'
import type { Message } from '../../../ports/broker.ts'

/** After this long without a word from the member that took them, messages are handed to another, ms. */
export const acknowledgeWithinMs = 5000

/** A message and its place in the file. */
export interface StoredMessage {
  readonly position: number
  readonly key: string
  readonly value: Uint8Array
}

/** Messages that a member has taken: those of the topic from `first` to `last`. */
export interface MessageLease {
  readonly topic: string
  readonly group: string
  readonly first: number
  readonly last: number
  readonly messages: readonly StoredMessage[]
}

/**
 * Makes the tables where they are not there yet. A group has the position up to which it took messages, and a row for
 * each batch of them that it has not acknowledged, with the time until which it is waited for.
 */
export function makeBrokerTables(file: SqliteConnection): void {
  file.transaction(() => {
    file.run(`create table if not exists rushbench_messages (/* rushbench:broker */
      position integer primary key autoincrement, topic text not null, key text not null, value blob not null)`)
    file.run('create index if not exists rushbench_messages_by_topic on rushbench_messages (topic, position)')
    file.run(`create table if not exists rushbench_taken (/* rushbench:broker */
      topic text not null, consumers text not null, position integer not null,
      primary key (topic, consumers)) without rowid`)
    file.run(`create table if not exists rushbench_leases (/* rushbench:broker */
      topic text not null, consumers text not null, first integer not null, last integer not null,
      until integer not null, primary key (topic, consumers, first)) without rowid`)
  })
}

/** A message of the file as one of ours. */
export function messageOf({ key, value }: StoredMessage): Message {
  return { key, value: Buffer.from(value.buffer, value.byteOffset, value.length) }
}

/** First what was taken and not acknowledged in time, so that nothing waits behind what is new. Null when there is nothing. */
export function takeLease(file: SqliteConnection, topic: string, group: string, maxBatch: number): MessageLease | null {
  // Without the write lock, which a member that only waits would take from all others.
  if (!hasMore(file, topic, group)) return null
  return withoutSync(file, () => takeOverdue(file, topic, group, maxBatch) ?? takeNext(file, topic, group, maxBatch))
}

/** Marks messages as handled, even if another member holds them by now. */
export function acknowledge(file: SqliteConnection, { topic, group, first, last }: MessageLease): void {
  withoutSync(file, () =>
    file
      .prepare('delete from rushbench_leases where topic = ? and consumers = ? and first >= ? and last <= ?')
      .run(topic, group, first, last),
  )
}

/** Keeps them for as long again; or gives them back, to be delivered at once. */
export function renew(file: SqliteConnection, { topic, group, first, last }: MessageLease, giveBack = false): void {
  const until = giveBack ? 0 : Date.now() + acknowledgeWithinMs
  withoutSync(file, () =>
    file
      .prepare('update rushbench_leases set until = ? where topic = ? and consumers = ? and first >= ? and last <= ?')
      .run(until, topic, group, first, last),
  )
}

/** Messages that the group has yet to acknowledge. */
export function countBacklog(file: SqliteConnection, topic: string, group: string): number {
  const counted = file.prepare(
    `select (select count(*) from rushbench_messages where topic = ?1 and position > ?3) +
       (select count(*) from rushbench_leases join rushbench_messages using (topic)
        where topic = ?1 and consumers = ?2 and position between first and last) as backlog`,
  )
  return Number(counted.get(topic, group, positionOf(file, topic, group))?.['backlog'])
}

/**
 * Without waiting for the disk: if the machine loses power, messages are delivered again, which they may be anyway. A
 * message that is published waits for it, and for all that was written before.
 */
function withoutSync<T>(file: SqliteConnection, work: () => T): T {
  file.run('pragma synchronous = normal')
  try {
    return file.transaction(work)
  } finally {
    file.run('pragma synchronous = full')
  }
}

function hasMore(file: SqliteConnection, topic: string, group: string): boolean {
  const found = file.prepare(
    `select exists (select 1 from rushbench_messages where topic = ?1 and position > ?3) or
       exists (select 1 from rushbench_leases where topic = ?1 and consumers = ?2 and until <= ?4) as more`,
  )
  return found.get(topic, group, positionOf(file, topic, group), Date.now())?.['more'] === 1
}

function positionOf(file: SqliteConnection, topic: string, group: string): number {
  const row = file.prepare('select position from rushbench_taken where topic = ? and consumers = ?').get(topic, group)
  return Number(row?.['position'] ?? 0)
}

function takeOverdue(file: SqliteConnection, topic: string, group: string, maxBatch: number): MessageLease | null {
  const overdue = file
    .prepare(
      `select first, last from rushbench_leases where topic = ? and consumers = ? and until <= ? order by first limit 1`,
    )
    .get(topic, group, Date.now())
  if (!overdue) return null
  const { first, last } = overdue as { first: number; last: number }
  const messages = messagesAfter(file, topic, first - 1, maxBatch, last)
  const end = messages.at(-1)?.position ?? last
  // A member that takes fewer at once leaves the rest of them overdue.
  file.prepare('delete from rushbench_leases where topic = ? and consumers = ? and first = ?').run(topic, group, first)
  if (end < last) insertLease(file, topic, group, end + 1, last, 0)
  return lease(file, topic, group, first, end, messages)
}

function takeNext(file: SqliteConnection, topic: string, group: string, maxBatch: number): MessageLease | null {
  const messages = messagesAfter(file, topic, positionOf(file, topic, group), maxBatch)
  const [first, last] = [messages[0], messages.at(-1)]
  if (!first || !last) return null
  file
    .prepare(
      `insert into rushbench_taken (topic, consumers, position) values (?, ?, ?)
       on conflict do update set position = excluded.position`,
    )
    .run(topic, group, last.position)
  return lease(file, topic, group, first.position, last.position, messages)
}

/** The messages of a topic behind a position, in their order. */
export function messagesAfter(
  file: SqliteConnection,
  topic: string,
  position: number,
  limit: number,
  last = Number.MAX_SAFE_INTEGER,
): StoredMessage[] {
  const select = file.prepare(
    `select position, key, value from rushbench_messages
     where topic = ? and position > ? and position <= ? order by position limit ?`,
  )
  return select.all(topic, position, last, limit) as unknown as StoredMessage[]
}

function lease(
  file: SqliteConnection,
  topic: string,
  group: string,
  first: number,
  last: number,
  messages: readonly StoredMessage[],
): MessageLease {
  insertLease(file, topic, group, first, last, Date.now() + acknowledgeWithinMs)
  return { topic, group, first, last, messages }
}

function insertLease(
  file: SqliteConnection,
  topic: string,
  group: string,
  first: number,
  last: number,
  until: number,
): void {
  file
    .prepare('insert into rushbench_leases (topic, consumers, first, last, until) values (?, ?, ?, ?, ?)')
    .run(topic, group, first, last, until)
}
