import type { ChangeIfAbsent, IfAbsentResult } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { requireIds, requireText } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import type { Application, PostService } from './contract.ts'
import { tell, standing, toApplication } from './rows.ts'
import { applicationId, applications, maxLengths, posts, type ApplicationRow, type PostRow } from './tables.ts'

/** How often one is tried again whose turn somebody else has used meanwhile. */
const maxTries = 5

/** Handles applications, never more than there are places; `commit` stores a change together with others. */
export function createApplications(
  store: Store,
  now: () => number,
  commit: (change: ChangeIfAbsent) => Promise<IfAbsentResult>,
): Pick<PostService, 'createApplication' | 'deleteApplication' | 'getApplications'> {
  const rowsOf = (postId: string, userId: string): Promise<ApplicationRow[]> =>
    store.find(applications, { post_id: postId, user_id: userId })

  /** Returns what the user has done with the post so far. A user with a place is told so, even where the post is full. */
  async function requireNew(postId: string, userId: string): Promise<ApplicationRow[]> {
    const [[post], rows] = await Promise.all([store.find(posts, { id: postId }), rowsOf(postId, userId)])
    const open = requireOpen(post, userId, now())
    if (standing(rows).length > 0) throw new RpcError('taken', 'You have applied already')
    if (open.places_left < 1) throw new RpcError('full', 'Every place is taken')
    return rows
  }

  /** Returns null where somebody else used the turn first. */
  async function tryToApply(postId: string, userId: string, key: string): Promise<Application | null> {
    const rows = await requireNew(postId, userId)
    const turn = rows.filter(({ kind }) => kind === 'applied').length + 1
    const { row, change } = changeFor('applied', { postId, userId, turn }, key, now())
    const result: IfAbsentResult = await commit(change)
    if (result === 'applied') return toApplication(row)
    if (result === 'taken') return null
    await requireNew(postId, userId)
    throw new RpcError('full', 'Every place is taken')
  }

  async function tryToWithdraw(postId: string, userId: string): Promise<boolean> {
    const [current] = standing(await rowsOf(postId, userId))
    if (!current) throw new RpcError('not-found', 'You have not applied')
    return (
      (await commit(changeFor('withdrawn', { postId, userId, turn: current.turn }, '', now()).change)) === 'applied'
    )
  }

  return {
    async createApplication({ postId, userId, key }) {
      requireIds([postId], 'postId')
      requireIds([userId], 'userId')
      requireText(key, 'key', 0, maxLengths.key)
      for (let tries = 0; tries < maxTries; tries++) {
        const made = await tryToApply(postId, userId, key)
        if (made) return made
      }
      throw new RpcError('taken', 'You have applied already')
    },

    async deleteApplication({ postId, userId }) {
      requireIds([postId], 'postId')
      requireIds([userId], 'userId')
      for (let tries = 0; tries < maxTries; tries++) if (await tryToWithdraw(postId, userId)) return {}
      throw new RpcError('not-found', 'You have not applied')
    },

    async getApplications({ postIds }) {
      requireIds(postIds, 'postIds')
      if (postIds.length === 0) return { applications: [] }
      const rows = await store.find(applications, { post_id: { in: [...new Set(postIds)] } })
      return { applications: standing(rows).map(toApplication) }
    },
  }
}

function requireOpen(post: PostRow | undefined, userId: string, now: number): PostRow {
  if (!post || post.state === 'deleted') throw new RpcError('not-found', 'There is no such post')
  if (post.user_id === userId) throw new RpcError('wrong-state', 'It is your own post')
  if (post.state !== 'approved') throw new RpcError('wrong-state', 'The post is not approved')
  if (post.meeting_at <= now) throw new RpcError('wrong-state', 'The meeting is over')
  return post
}

/** The place, the row and the event: all of them, or none. */
function changeFor(
  kind: ApplicationRow['kind'],
  payload: { readonly postId: string; readonly userId: string; readonly turn: number },
  key: string,
  at: number,
): { readonly row: ApplicationRow; readonly change: ChangeIfAbsent } {
  const { postId, userId, turn } = payload
  const id = applicationId(postId, userId, turn, kind)
  const row: ApplicationRow = { id, post_id: postId, user_id: userId, kind, turn, key, created_at: at }
  const isApplied = kind === 'applied'
  const open = { id: postId, state: 'approved' as const, places_left: { gt: 0 }, meeting_at: { gt: at } }
  return {
    row,
    change: {
      guard: {
        table: posts,
        where: isApplied ? open : { id: postId },
        patch: { places_left: { add: isApplied ? -1 : 1 } },
      },
      insert: [tell(isApplied ? 'application-created' : 'application-withdrawn', payload, at)],
      absent: { table: applications, row },
    },
  }
}
