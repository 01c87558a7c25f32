import { z } from 'zod'
import type { MessageRow } from './tables.ts'
import { pause } from '../../../base/abort.ts'
import type { PubSub } from '../../../ports/pubsub.ts'

/** The channel on which processes tell each other of a room. */
export function channelOf(roomId: string): string {
  return `meetup-room:${roomId}`
}

const schema = z.strictObject({
  id: z.string(),
  room_id: z.string(),
  position: z.int().positive(),
  user_id: z.string(),
  body: z.string(),
  key: z.string(),
  created_at: z.int(),
})

/** A message, to be told on its room's channel. */
export function writeMessage(row: MessageRow): string {
  return JSON.stringify(row)
}

/** The message that was told; null for what is none: then the room has messages that have to be read. */
export function readMessage(text: string): MessageRow | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Tells every process of messages that are stored. */
export interface Announcer {
  /** Resolves when they are told, or will be as soon as that is possible. */
  announce(stored: readonly MessageRow[]): Promise<void>
  /** Announces that a room was closed, or that somebody may not read it any more. */
  announceChange(roomId: string): Promise<void>
  close(): Promise<void>
}

/** Before rooms that could not be told of are told of again, ms. */
const retryMs = 200

/** `onError` is told once of a server that is away. */
export function createAnnouncer(pubsub: PubSub, onError: (error: Error) => void): Announcer {
  /** Rooms with messages that nobody was told of. Who listens reads them, so that no text has to be kept. */
  const owed = new Set<string>()
  const stop = new AbortController()
  let working: Promise<void> | null = null

  async function publish(room: string, text: string): Promise<boolean> {
    try {
      await pubsub.publish(channelOf(room), text)
      return true
    } catch (error) {
      if (owed.size === 0) onError(error as Error)
      owed.add(room)
      working ??= payBack()
      return false
    }
  }

  async function payBack(): Promise<void> {
    while (owed.size > 0 && !stop.signal.aborted) {
      await pause(retryMs, stop.signal)
      for (const room of owed) {
        // What is stored from now on is owed anew.
        if (await publish(room, '')) owed.delete(room)
        else break
      }
    }
    working = null
  }

  return {
    async announce(stored) {
      await Promise.all(stored.map((row) => publish(row.room_id, writeMessage(row))))
    },
    async announceChange(roomId) {
      await publish(roomId, '')
    },
    async close() {
      stop.abort()
      await working
    },
  }
}
