import { v7 as uuid } from 'uuid'
import { ignoreFailure } from '../../../base/abort.ts'
import { applyIfAbsent, type ChangeIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Rows, Store } from '../../../ports/database.ts'
import { createGroupCommit } from '../../shared/group-commit.ts'
import { cut } from '../../shared/storable-text.ts'
import { requireIds } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { outboxChannel } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { RunningService, ServiceContext } from '../services.ts'
import { createApplications } from './applications.ts'
import type { Post, PostService, PostState, PostText } from './contract.ts'
import { listPosts } from './list.ts'
import { readPost, tell, textColumns, toPost } from './rows.ts'
import { maxLengths, posts, type OutboxRow, type PostRow } from './tables.ts'

const maxBatch = 128

/** How often a change is tried again that another change of the same post came before. */
const maxTries = 5

/** Begins to serve posts, and tells the relay of what it has to do. Throws `cache-unreachable`. */
export async function startPostService({ database, openPubSub }: ServiceContext): Promise<RunningService> {
  const pubsub = await openPubSub()
  // A relay that does not hear it looks by itself.
  const onTold = () => void ignoreFailure(pubsub.publish(outboxChannel, ''))
  const service = createPostService(database.store, Date.now, onTold)
  return { contracts: [served('PostService', service)], async close() {} }
}

/** Posts in `store`; `now` gives ms since 1970, and `onTold` is called when the outbox has got something. */
export function createPostService(
  store: Store,
  now: () => number = Date.now,
  onTold: () => void = () => {},
): PostService {
  const commit = createGroupCommit(async (changes: readonly ChangeIfAbsent[]) => {
    const results = await applyIfAbsent(store, changes)
    if (results.includes('applied')) onTold()
    return results
  }, maxBatch)

  return {
    ...createApplications(store, now, commit),
    ...createTransitions(store, now, onTold),

    async createPost({ userId, id: wanted, ...given }) {
      const at = now()
      const text = readPost(given, at)
      requireIds([userId], 'userId')
      if (wanted !== '') requireIds([wanted], 'id')
      const row = newRow(wanted === '' ? uuid() : wanted, userId, text, at)
      const payload = { postId: row.id, userId, sagaId: row.saga_id }
      const insert = [tell('post-created', payload, at)]
      const result = await commit({ insert, absent: { table: posts, row } })
      if (result === 'applied') return { post: toPost(row), sagaId: row.saga_id }
      const there = await findPost(store, row.id)
      if (there.user_id !== userId) throw new RpcError('taken', 'id is that of another post')
      return { post: toPost(there), sagaId: there.saga_id }
    },

    async updatePost({ id, ...given }): Promise<Post> {
      const text = readPost(given, now())
      for (let tries = 0; tries < maxTries; tries++) {
        const { max_apply: before } = await findPost(store, id)
        const more = text.maxApply - before
        // Only while as many have room as have applied, and the places are still counted from the same number.
        const where = { id, max_apply: before, places_left: { gte: -more }, state: { in: living } }
        const patch = { ...textColumns(id, text), places_left: { add: more } }
        if ((await store.update(posts, where, patch)) > 0) return toPost(await findPost(store, id))
        const after = await findPost(store, id)
        if (after.max_apply === before && after.places_left < -more)
          throw new RpcError('wrong-state', 'maxApply is less than those who have applied')
      }
      throw new RpcError('unavailable', 'The post is changed all the time')
    },

    async getPosts({ ids }) {
      requireIds(ids, 'ids')
      if (ids.length === 0) return { posts: [] }
      const rows = await store.find(posts, { id: { in: [...new Set(ids)] } })
      return { posts: rows.filter(({ state }) => state !== 'deleted').map(toPost) }
    },

    listPosts: (request) => listPosts(store, request, now()),
  }
}

/** How posts move from one state to another, each time with an event. */
function createTransitions(
  store: Store,
  now: () => number,
  onTold: () => void,
): Pick<PostService, 'deletePost' | 'approvePost' | 'rejectPost'> {
  /** Moves a post to another state and tells of it; false where it is in none of those states. */
  async function move(id: string, from: readonly PostState[], to: PostState, event: Rows<OutboxRow>): Promise<boolean> {
    const guard = { table: posts, where: { id, state: { in: from } }, patch: { state: to } }
    const [isDone = false] = await store.apply([{ guard, insert: [event] }])
    if (isDone) onTold()
    return isDone
  }

  /** Does nothing when the post is there already. */
  async function settle(
    id: string,
    to: 'approved' | 'rejected',
    eventOf: (sagaId: string) => Rows<OutboxRow>,
  ): Promise<object> {
    const post = await findPost(store, id)
    if (post.state === to || (await move(id, ['pending'], to, eventOf(post.saga_id)))) return {}
    if ((await findPost(store, id)).state === to) return {}
    throw new RpcError('wrong-state', `The post is not pending any more, and not ${to}`)
  }

  return {
    async deletePost({ id }) {
      await findPost(store, id)
      if (await move(id, living, 'deleted', tell('post-deleted', { postId: id }, now()))) return {}
      throw new RpcError('not-found', 'There is no such post')
    },

    approvePost: ({ id }) => settle(id, 'approved', (sagaId) => tell('post-approved', { postId: id, sagaId }, now())),

    rejectPost({ id, reason: given }) {
      const reason = cut(given, maxLengths.reason)
      return settle(id, 'rejected', (sagaId) => tell('post-rejected', { postId: id, sagaId, reason }, now()))
    },
  }
}

/** Throws `not-found` also for one that was deleted. */
async function findPost(store: Store, id: string): Promise<PostRow> {
  requireIds([id], 'id')
  const [row] = await store.find(posts, { id })
  if (!row || row.state === 'deleted') throw new RpcError('not-found', 'There is no such post')
  return row
}

const living: readonly PostState[] = ['pending', 'approved', 'rejected']

function newRow(id: string, userId: string, text: PostText, at: number): PostRow {
  return {
    id,
    user_id: userId,
    ...textColumns(id, text),
    places_left: text.maxApply,
    state: 'pending',
    saga_id: uuid(),
    created_at: at,
  }
}
