import type { Condition, Store, Where } from '../../../ports/database.ts'
import { maxTime, requireOneOf, requireWhole, uuidPattern } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { fishTypes, spotTypes, type ListPostsRequest, type PostPage } from './contract.ts'
import { toPost } from './rows.ts'
import { meetingKeyPattern, posts, type PostRow } from './tables.ts'

/** Rows read at once where some of them do not count: few pages need a second look. */
const rowsAtOnce = 200

/** Keys that posts are ordered by; each is unique. */
const orders = {
  created: { letter: 'c', column: 'id', pattern: uuidPattern },
  meeting: { letter: 'm', column: 'meeting_key', pattern: meetingKeyPattern },
} as const

/** Some approved posts. A cursor holds the key of its post, so that a page does not move when posts come or go. */
export async function listPosts(store: Store, request: ListPostsRequest, now: number): Promise<PostPage> {
  checkList(request)
  const { first, descending, orderBy } = request
  const { column, letter, pattern } = orders[orderBy]
  const fish = request.fishTypes.map((name) => `,${name},`)
  const matches = ({ fish_types }: PostRow) => fish.length === 0 || fish.some((name) => fish_types.includes(name))
  const limit = fish.length === 0 ? first + 1 : rowsAtOnce
  const where = whereOf(request, now)
  const found: PostRow[] = []
  let after = readCursor(request.after, letter, pattern)
  for (;;) {
    const from: Where<PostRow> = after === null ? {} : { [column]: descending ? { lt: after } : { gt: after } }
    const rows = await store.find(posts, { ...where, ...from }, { orderBy: [column], descending, limit })
    found.push(...rows.filter(matches))
    if (found.length > first || rows.length < limit) break
    after = rows.at(-1)![column]
  }
  const edges = found.slice(0, first).map((row) => ({ post: toPost(row), cursor: makeCursor(row[column], letter) }))
  return { edges, hasNextPage: found.length > first }
}

function whereOf(
  { prefecture, spotType, userId, openOnly, ...request }: ListPostsRequest,
  now: number,
): Where<PostRow> {
  const meeting = {
    ...(request.meetingFrom > 0 && { gte: request.meetingFrom }),
    ...(request.meetingTo > 0 && { lte: request.meetingTo }),
    ...(openOnly && { gt: now }),
  } satisfies Condition<number>
  return {
    state: 'approved',
    ...(prefecture > 0 && { prefecture }),
    ...(spotType !== '' && { spot_type: spotType }),
    ...(userId !== '' && { user_id: userId }),
    ...(openOnly && { places_left: { gt: 0 } }),
    ...(Object.keys(meeting).length > 0 && { meeting_at: meeting }),
  }
}

function makeCursor(key: string, letter: string): string {
  return Buffer.from(`${letter}:${key}`).toString('base64url')
}

/** Null for none. Throws `invalid` for what `makeCursor` does not make of a key of that pattern. */
function readCursor(cursor: string, letter: string, pattern: RegExp): string | null {
  if (cursor === '') return null
  const key = Buffer.from(cursor, 'base64url')
    .toString()
    .slice(letter.length + 1)
  if (pattern.test(key) && makeCursor(key, letter) === cursor) return key
  throw new RpcError('invalid', 'after is no cursor of this order')
}

const maxPage = 100

/** Throws `invalid` for what cannot be listed. */
function checkList(request: ListPostsRequest): void {
  requireWhole(request.first, 'first', 1, maxPage)
  requireOneOf(request.orderBy, 'orderBy', ['created', 'meeting'])
  requireWhole(request.prefecture, 'prefecture', 0, 47)
  if (request.spotType !== '') requireOneOf(request.spotType, 'spotType', spotTypes)
  for (const fish of request.fishTypes) requireOneOf(fish, 'fishTypes', fishTypes)
  requireWhole(request.meetingFrom, 'meetingFrom', 0, maxTime)
  requireWhole(request.meetingTo, 'meetingTo', 0, maxTime)
}
