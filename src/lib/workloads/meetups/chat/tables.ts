import type { Table } from '../../../databases/port.ts'
import { integer, text, uuidColumn } from '../columns.ts'

/** A room. Its key is the post's id, so that a post has one. */
export interface RoomRow {
  readonly id: string
  readonly owner_id: string
  readonly created_at: number
}

/** A member of a room. */
export interface MemberRow {
  /** `<room>/<user>` */
  readonly id: string
  readonly room_id: string
  readonly user_id: string
  /** The owner is the first, with 0; of all others, the turn of their application. */
  readonly turn: number
  readonly joined_at: number
}

/** A message. */
export interface MessageRow {
  /** A UUID of version 7: messages ascend in the order in which they were made. */
  readonly id: string
  readonly room_id: string
  readonly user_id: string
  readonly body: string
  readonly key: string
  readonly created_at: number
}

/** An event that was handled, so that it is handled once. */
export interface HandledRow {
  readonly id: string
  readonly handled_at: number
}

/** The most characters of each. */
export const maxLengths = { body: 1000, key: 100 } as const

export const rooms: Table<RoomRow> = {
  name: 'meetup_chat_rooms',
  columns: { id: uuidColumn, owner_id: uuidColumn, created_at: integer },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

export const members: Table<MemberRow> = {
  name: 'meetup_chat_members',
  columns: { id: text(73), room_id: uuidColumn, user_id: uuidColumn, turn: integer, joined_at: integer },
  primaryKey: 'id',
  unique: [],
  indexes: [['room_id']],
  references: [],
}

export const messages: Table<MessageRow> = {
  name: 'meetup_chat_messages',
  columns: {
    id: uuidColumn,
    room_id: uuidColumn,
    user_id: uuidColumn,
    body: text(maxLengths.body),
    key: text(maxLengths.key),
    created_at: integer,
  },
  primaryKey: 'id',
  unique: [],
  indexes: [['room_id', 'id']],
  references: [],
}

export const handled: Table<HandledRow> = {
  name: 'meetup_chat_handled',
  columns: { id: uuidColumn, handled_at: integer },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

export const chatTables = [rooms, members, messages, handled]
