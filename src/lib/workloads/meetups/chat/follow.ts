import { createBell } from '../../shared/bell.ts'
import type { Store } from '../../../ports/database.ts'
import type { PubSub } from '../../../ports/pubsub.ts'
import { channelOf, readMessage } from './announcements.ts'
import { messages, rooms, type MessageRow } from './tables.ts'

/** Messages that are kept for somebody who reads slowly; those of one who is slower are read from the table again. */
const maxWaiting = 1000

const pageSize = 500

/** An event of a follower: where it stands, first without a message. */
export interface Followed {
  readonly message: MessageRow | null
  readonly position: number
}

/** A room, and where to begin to follow it. */
export interface Following {
  readonly store: Store
  readonly pubsub: PubSub
  readonly roomId: string
  /** The last position that is known; null: only what is stored from now on. */
  readonly after: number | null
  /** Throws where it may not be followed, or not any more. */
  readonly check: () => Promise<void>
}

/**
 * Every message of a room behind a position, in order, none twice and none left out, until `signal` aborts. What is
 * announced only makes it quick: what announcements leave out is read from the table. Throws what `check` throws, and
 * `cache-unreachable` when it cannot begin to listen.
 */
export async function* followRoom(
  { store, pubsub, roomId, after, check }: Following,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const inbox = createInbox(signal)
  const subscription = await pubsub.subscribe(channelOf(roomId), inbox)
  try {
    // Only now, so that nothing happens between the two without being heard of.
    await check()
    let position = after ?? (await readPosition(store, roomId))
    yield { message: null, position }
    if (after !== null) inbox.onGap()
    for await (const announced of inbox.read()) {
      if (announced !== null && announced.position <= position) continue
      if (announced === null) await check()
      const isNext = announced?.position === position + 1
      for await (const message of isNext ? [announced] : readBehind(store, roomId, position)) {
        position = message.position
        yield { message, position }
      }
    }
  } finally {
    inbox.close()
    await subscription.close()
  }
}

async function readPosition(store: Store, roomId: string): Promise<number> {
  const [room] = await store.find(rooms, { id: roomId })
  return room?.messages ?? 0
}

async function* readBehind(store: Store, roomId: string, after: number): AsyncGenerator<MessageRow> {
  for (let position = after; ;) {
    const where = { room_id: roomId, position: { gt: position } }
    const page = await store.find(messages, where, { orderBy: ['position'], limit: pageSize })
    yield* page
    if (page.length < pageSize) return
    position = page.at(-1)!.position
  }
}

/** Announcements that were heard and not read yet. */
function createInbox(signal: AbortSignal) {
  let waiting: (MessageRow | null)[] = []
  const bell = createBell(signal)
  const add = (announced: MessageRow | null): void => {
    // To read the table brings all of what waits, too.
    if (announced === null || waiting.length >= maxWaiting) waiting = [null]
    else if (waiting[0] !== null) waiting.push(announced)
    bell.ring()
  }
  return {
    onMessage: (text: string) => add(readMessage(text)),
    onGap: () => add(null),
    close: bell.close,
    /** Yields null where the table has to be read. */
    async *read(): AsyncGenerator<MessageRow | null> {
      while (!signal.aborted) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else await bell.wait()
      }
    },
  }
}
