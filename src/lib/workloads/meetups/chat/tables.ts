import { defineTable, integer, text, uuidColumn, type RowOf } from '../../shared/tables.ts'

export const maxLengths = { body: 1000, key: 100 } as const

/** A room. Its key is the post's id, so that a post has one. */
export const rooms = defineTable({
  name: 'meetup_chat_rooms',
  columns: {
    id: uuidColumn,
    /** Empty for one that was closed before it was made. */
    owner_id: text(36),
    /** A closed room stays, without members and messages, so that it is not created again. */
    state: text<'open' | 'closed'>(6),
    /** How many there are in it: the last one's `position`. */
    messages: integer,
    created_at: integer,
  },
  primaryKey: 'id',
  updatedOften: true,
})

export type RoomRow = RowOf<typeof rooms>

export const members = defineTable({
  name: 'meetup_chat_members',
  columns: {
    /** `<room>/<user>` */
    id: text(73),
    room_id: uuidColumn,
    user_id: uuidColumn,
    /** The owner is the first, with 0; of all others, the latest turn of their application that is known of. */
    turn: integer,
    /** 1, or 0 for who has withdrawn in that turn: the event that brought them in may come after it. */
    active: integer,
    joined_at: integer,
  },
  primaryKey: 'id',
  indexes: [['room_id']],
})

export type MemberRow = RowOf<typeof members>

export const messages = defineTable({
  name: 'meetup_chat_messages',
  columns: {
    /** A UUID: the same one for the same key of the same member. */
    id: uuidColumn,
    room_id: uuidColumn,
    /** Counts the messages of a room from 1, without a gap. */
    position: integer,
    user_id: uuidColumn,
    body: text(maxLengths.body),
    key: text(maxLengths.key),
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['room_id', 'position']],
})

export type MessageRow = RowOf<typeof messages>

export const chatTables = [rooms, members, messages]

export function memberId(roomId: string, userId: string): string {
  return `${roomId}/${userId}`
}
