import { defineTable, integer, text, uuidColumn } from '../../shared/tables.ts'
import type { EventType } from '../events.ts'
import type { PostState } from './contract.ts'

/** A meetup. Times in ms since 1970. */
export interface PostRow {
  /** A UUID of version 7: posts ascend in the order in which they were made. */
  readonly id: string
  readonly user_id: string
  readonly title: string
  readonly content: string
  readonly prefecture: number
  readonly spot_type: string
  /** Each between commas: `,carp,trout,`. */
  readonly fish_types: string
  readonly meeting_at: number
  /** `meetingKey`, so that posts can be read in the order of their meetings from any of them on. */
  readonly meeting_key: string
  readonly max_apply: number
  /** `max_apply` less those who have applied. */
  readonly places_left: number
  readonly state: PostState
  readonly saga_id: string
  readonly created_at: number
}

/**
 * Somebody applied, or withdrew. Rows are only ever added: who has an `applied` row without the `withdrawn` row of the
 * same turn has applied. So both are one guarded change on the post, and one key.
 */
export interface ApplicationRow {
  /** As `applicationId` makes it. */
  readonly id: string
  readonly post_id: string
  readonly user_id: string
  readonly kind: 'applied' | 'withdrawn'
  /** Counts the applications of a user for a post, from 1. */
  readonly turn: number
  /** The client's own name of its attempt; empty where it gave none, and of a withdrawal. */
  readonly key: string
  readonly created_at: number
}

/** An event that is stored together with what it tells of. */
export interface OutboxRow {
  /** A UUID of version 7: of the events of one post, the later one has the greater. */
  readonly id: string
  readonly type: EventType
  /** The post's id. */
  readonly aggregate: string
  /** The whole `MeetupEvent` as JSON. */
  readonly event: string
  /** When the broker has acknowledged it, ms since 1970; 0 before. */
  readonly published_at: number
}

/** The most characters of each. */
export const maxLengths = { title: 20, content: 2000, spotType: 20, fishType: 20, reason: 200, key: 100 } as const

/** The most fish types of a post. */
export const maxFishTypes = 10

export const posts = defineTable<PostRow>({
  name: 'meetup_post_posts',
  columns: {
    id: uuidColumn,
    user_id: uuidColumn,
    title: text(maxLengths.title),
    content: text(maxLengths.content),
    prefecture: integer,
    spot_type: text(maxLengths.spotType),
    fish_types: text(1 + maxFishTypes * (maxLengths.fishType + 1)),
    meeting_at: integer,
    meeting_key: { type: 'ascii', length: 50 },
    max_apply: integer,
    places_left: integer,
    state: text(10),
    saga_id: uuidColumn,
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['meeting_key'], ['user_id'], ['prefecture']],
  updatedOften: true,
})

export const applications = defineTable<ApplicationRow>({
  name: 'meetup_post_applications',
  columns: {
    id: text(90),
    post_id: uuidColumn,
    user_id: uuidColumn,
    kind: text(10),
    turn: integer,
    key: text(maxLengths.key),
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['post_id']],
  references: [{ column: 'post_id', table: 'meetup_post_posts', key: 'id' }],
})

export const outbox = defineTable<OutboxRow>({
  name: 'meetup_post_outbox',
  columns: { id: uuidColumn, type: text(30), aggregate: uuidColumn, event: text(2000), published_at: integer },
  primaryKey: 'id',
  indexes: [['published_at', 'id']],
  updatedOften: true,
})

export const postTables = [posts, applications, outbox]

/** The key of one application, and of its withdrawal. */
export function applicationId(postId: string, userId: string, turn: number, kind: ApplicationRow['kind']): string {
  return `${postId}/${userId}/${turn}/${kind === 'applied' ? 'a' : 'w'}`
}

/** Matches what `meetingKey` makes, and nothing else. */
export const meetingKeyPattern = /^\d{13}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Sorts as the meetings do; the post's id makes it unique. Times up to the year 2286 have 13 digits. */
export function meetingKey(meetingAt: number, postId: string): string {
  return `${String(meetingAt).padStart(13, '0')}-${postId}`
}
