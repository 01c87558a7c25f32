import { defineTable, integer, text, uuidColumn } from '../../shared/tables.ts'

/** A room. Its key is the post's id, so that a post has one. */
export interface RoomRow {
  readonly id: string
  /** Empty for one that was closed before it was made. */
  readonly owner_id: string
  /** One that is closed stays, without members and messages, so that it is not made once more. */
  readonly state: 'open' | 'closed'
  /** How many there are in it: the last one's `position`. */
  readonly messages: number
  readonly created_at: number
}

/** A member of a room. */
export interface MemberRow {
  /** `<room>/<user>` */
  readonly id: string
  readonly room_id: string
  readonly user_id: string
  /** The owner is the first, with 0; of all others, the latest turn of their application that is known of. */
  readonly turn: number
  /** 1, or 0 for who has withdrawn in that turn: the event that brought them in may come after it. */
  readonly active: number
  readonly joined_at: number
}

/** A message. */
export interface MessageRow {
  /** A UUID: the same one for the same key of the same member. */
  readonly id: string
  readonly room_id: string
  /** Counts the messages of a room from 1, without a gap. */
  readonly position: number
  readonly user_id: string
  readonly body: string
  readonly key: string
  readonly created_at: number
}

/** The most characters of each. */
export const maxLengths = { body: 1000, key: 100 } as const

export const rooms = defineTable<RoomRow>({
  name: 'meetup_chat_rooms',
  columns: { id: uuidColumn, owner_id: text(36), state: text(6), messages: integer, created_at: integer },
  primaryKey: 'id',
  updatedOften: true,
})

export const members = defineTable<MemberRow>({
  name: 'meetup_chat_members',
  columns: {
    id: text(73),
    room_id: uuidColumn,
    user_id: uuidColumn,
    turn: integer,
    active: integer,
    joined_at: integer,
  },
  primaryKey: 'id',
  indexes: [['room_id']],
})

export const messages = defineTable<MessageRow>({
  name: 'meetup_chat_messages',
  columns: {
    id: uuidColumn,
    room_id: uuidColumn,
    position: integer,
    user_id: uuidColumn,
    body: text(maxLengths.body),
    key: text(maxLengths.key),
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['room_id', 'position']],
})

export const chatTables = [rooms, members, messages]

/** The key of a member. */
export function memberId(roomId: string, userId: string): string {
  return `${roomId}/${userId}`
}
