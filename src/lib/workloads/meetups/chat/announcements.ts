import { z } from 'zod'
import type { MessageRow } from './tables.ts'

/** What processes tell each other of a room on. */
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
