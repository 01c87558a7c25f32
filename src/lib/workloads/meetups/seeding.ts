import type { ChangeIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import { seedMissingRows } from '../shared/seed-batches.ts'
import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { memberId, members, rooms, type MemberRow, type RoomRow } from './chat/tables.ts'
import {
  createMeetupGenerator,
  seededAccounts,
  seededPassword,
  seededPosts,
  type MeetupGenerator,
} from './generator.ts'
import { textColumns } from './post/rows.ts'
import { posts, type PostRow } from './post/tables.ts'
import { hashPassword } from './user/credentials.ts'
import { emails, users } from './user/tables.ts'

/** Rows that share a commit, about. */
const rowsAtOnce = 200

/**
 * Stores the seed's accounts, posts and their rooms that are missing, past the services: as if each had been posted and
 * approved. Stops between two commits once `signal` aborts.
 */
export async function* insertMissingMeetups(
  { store }: Database,
  { seed }: { readonly seed: string },
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  const generator = createMeetupGenerator(seed)
  const now = Date.now()
  // One for all: each of its own would take a minute.
  const hash = await hashPassword(seededPassword)
  const rowAt = (index: number) =>
    index < seededAccounts ? newAccount(generator, index, hash, now) : newPost(generator, index - seededAccounts, now)
  yield* seedMissingRows(store, seededAccounts + seededPosts, rowsAtOnce, rowAt, signal)
}

function newAccount(generator: MeetupGenerator, index: number, hash: string, now: number): ChangeIfAbsent {
  const { id, email, name } = generator.account(index)
  const row = { id, email, name, introduction: '', password_hash: hash, created_at: now, sex: '', image_id: '' }
  const insert = [{ table: emails, rows: [{ email, user_id: id }] }]
  return { insert, absent: { table: users, row } }
}

/** An approved post has a room, whose first member is its owner. */
function newPost(generator: MeetupGenerator, index: number, now: number): ChangeIfAbsent {
  const { id, userId, ...text } = generator.post(index, now)
  const row: PostRow = {
    id,
    user_id: userId,
    ...textColumns(id, text),
    places_left: text.maxApply,
    state: 'approved',
    saga_id: id,
    created_at: now,
  }
  const room: RoomRow = { id, owner_id: userId, state: 'open', messages: 0, created_at: now }
  const member: MemberRow = {
    id: memberId(id, userId),
    room_id: id,
    user_id: userId,
    turn: 0,
    active: 1,
    joined_at: now,
  }
  const insert = [
    { table: rooms, rows: [room] },
    { table: members, rows: [member] },
  ]
  return { insert, absent: { table: posts, row } }
}
