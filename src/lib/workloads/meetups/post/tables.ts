import { ascii, defineTable, integer, text, uuidColumn, type RowOf } from '../../shared/tables.ts'
import type { EventType } from '../events.ts'
import type { PostState } from './contract.ts'

export const maxLengths = { title: 20, content: 2000, spotType: 20, fishType: 20, reason: 200, key: 100 } as const

export const maxFishTypes = 10

/** A meetup. Times in ms since 1970. */
export const posts = defineTable({
  name: 'meetup_post_posts',
  columns: {
    /** A UUID of version 7: posts ascend in the order in which they were made. */
    id: uuidColumn,
    user_id: uuidColumn,
    title: text(maxLengths.title),
    content: text(maxLengths.content),
    prefecture: integer,
    spot_type: text(maxLengths.spotType),
    /** Each between commas: `,carp,trout,`. */
    fish_types: text(1 + maxFishTypes * (maxLengths.fishType + 1)),
    meeting_at: integer,
    /** `meetingKey`, so that posts can be read in the order of their meetings from any of them on. */
    meeting_key: ascii(50),
    max_apply: integer,
    /** `max_apply` less those who have applied. */
    places_left: integer,
    state: text<PostState>(10),
    saga_id: uuidColumn,
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['meeting_key'], ['user_id'], ['prefecture']],
  updatedOften: true,
})

export type PostRow = RowOf<typeof posts>

/**
 * Somebody applied, or withdrew. Rows are only ever added: who has an `applied` row without the `withdrawn` row of the
 * same turn has applied. So both are one guarded change on the post, and one key.
 */
export const applications = defineTable({
  name: 'meetup_post_applications',
  columns: {
    /** As `applicationId` makes it. */
    id: text(90),
    post_id: uuidColumn,
    user_id: uuidColumn,
    kind: text<'applied' | 'withdrawn'>(10),
    /** Counts the applications of a user for a post, from 1. */
    turn: integer,
    /** The client's own name of its attempt; empty where it gave none, and of a withdrawal. */
    key: text(maxLengths.key),
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['post_id']],
  references: [{ column: 'post_id', table: 'meetup_post_posts', key: 'id' }],
})

export type ApplicationRow = RowOf<typeof applications>

/** An event that is stored together with what it tells of. */
export const outbox = defineTable({
  name: 'meetup_post_outbox',
  columns: {
    /** A UUID of version 7: of the events of one post, the later one has the greater. */
    id: uuidColumn,
    type: text<EventType>(30),
    aggregate: uuidColumn,
    /** The whole `MeetupEvent` as JSON. */
    event: text(2000),
    /** When the broker has acknowledged it, ms since 1970; 0 before. */
    published_at: integer,
  },
  primaryKey: 'id',
  indexes: [['published_at', 'id']],
  updatedOften: true,
})

export type OutboxRow = RowOf<typeof outbox>

export const postTables = [posts, applications, outbox]

export function applicationId(postId: string, userId: string, turn: number, kind: ApplicationRow['kind']): string {
  return `${postId}/${userId}/${turn}/${kind === 'applied' ? 'a' : 'w'}`
}

/** Matches what `meetingKey` makes, and nothing else. */
export const meetingKeyPattern = /^\d{13}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Sorts as the meetings do; the post's id makes it unique. Times up to the year 2286 have 13 digits. */
export function meetingKey(meetingAt: number, postId: string): string {
  return `${String(meetingAt).padStart(13, '0')}-${postId}`
}
