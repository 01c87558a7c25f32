import { maxTime, readLine, readText, requireOneOf, requireThat, requireWhole } from '../checks.ts'
import { fishTypes, spotTypes, type Application, type Post, type PostText } from './contract.ts'
import {
  meetingKey,
  type ApplicationRow,
  type PostRow,
  outbox,
  type OutboxRow,
  maxFishTypes,
  maxLengths,
} from './tables.ts'
import { v7 as uuid } from 'uuid'
import type { Rows } from '../../../ports/database.ts'
import type { EventType, MeetupEvent } from '../events.ts'

/** Everything of a row that the text of a post says, but for its places. */
export function textColumns(id: string, text: PostText) {
  return {
    title: text.title,
    content: text.content,
    prefecture: text.prefecture,
    spot_type: text.spotType,
    fish_types: `,${text.fishTypes.join(',')},`,
    meeting_at: text.meetingAt,
    meeting_key: meetingKey(text.meetingAt, id),
    max_apply: text.maxApply,
  }
}

export function toPost(row: PostRow): Post {
  return {
    id: row.id,
    userId: row.user_id,
    title: row.title,
    content: row.content,
    prefecture: row.prefecture,
    spotType: row.spot_type,
    fishTypes: row.fish_types.slice(1, -1).split(','),
    meetingAt: row.meeting_at,
    maxApply: row.max_apply,
    placesLeft: row.places_left,
    state: row.state,
    sagaId: row.saga_id,
    createdAt: row.created_at,
  }
}

export function toApplication({
  id,
  post_id: postId,
  user_id: userId,
  created_at: createdAt,
}: ApplicationRow): Application {
  return { id, postId, userId, createdAt }
}

/** Returns applications that were not withdrawn, ordered by post and then by time. */
export function standing(rows: readonly ApplicationRow[]): ApplicationRow[] {
  const turnOf = ({ post_id, user_id, turn }: ApplicationRow) => `${post_id}/${user_id}/${turn}`
  const withdrawn = new Set(rows.filter(({ kind }) => kind === 'withdrawn').map(turnOf))
  return rows
    .filter((row) => row.kind === 'applied' && !withdrawn.has(turnOf(row)))
    .sort((a, b) => compare(a.post_id, b.post_id) || a.created_at - b.created_at || compare(a.user_id, b.user_id))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** The rows of the outbox that tell of what is stored with them. */
export function tell<Type extends EventType>(
  type: Type,
  payload: Extract<MeetupEvent, { type: Type }>['payload'],
  at: number,
): Rows<OutboxRow> {
  const id = uuid()
  const aggregate = payload.postId
  const event = JSON.stringify({ id, type, aggregate, at, payload })
  return { table: outbox, rows: [{ id, type, aggregate, event, published_at: 0 }] }
}

const maxPlaces = 1000

/** A post as it is stored. Throws `invalid`, with the field first, for what cannot be posted at `now`, ms since 1970. */
export function readPost(post: PostText, now: number): PostText {
  const title = readLine(post.title, 'title', 1, maxLengths.title)
  const content = readText(post.content, 'content', 1, maxLengths.content)
  requireWhole(post.prefecture, 'prefecture', 1, 47)
  requireOneOf(post.spotType, 'spotType', spotTypes)
  const { length } = post.fishTypes
  requireThat(length >= 1 && length <= maxFishTypes, 'fishTypes', `has ${length} instead of 1 to ${maxFishTypes}`)
  for (const fish of post.fishTypes) requireOneOf(fish, 'fishTypes', fishTypes)
  requireThat(new Set(post.fishTypes).size === length, 'fishTypes', 'names one twice')
  requireWhole(post.meetingAt, 'meetingAt', 0, maxTime)
  requireThat(post.meetingAt > now, 'meetingAt', 'is not in the future')
  requireWhole(post.maxApply, 'maxApply', 1, maxPlaces)
  return { ...post, title, content }
}
