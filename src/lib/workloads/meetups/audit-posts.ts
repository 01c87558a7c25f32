import type { Pace } from '../../audit/pace.ts'
import type { Store } from '../../databases/port.ts'
import type { Violation } from '../workload.ts'
import { standing } from './post/rows.ts'
import { applications, posts, type ApplicationRow, type PostRow } from './post/tables.ts'

type Places = Pick<PostRow, 'id' | 'max_apply' | 'places_left'>

/**
 * Finds posts for which more have applied than may, or whose places are not those that are left. Goes through posts and
 * applications in the order of their keys, which begin alike.
 */
export async function* auditPosts(store: Store, pace: Pace): AsyncGenerator<Violation> {
  const groups = groupByPost(store.scan(applications), pace)
  let group = await groups.next()
  for await (const post of store.scan(posts, ['id', 'max_apply', 'places_left'])) {
    for (; !group.done && group.value.post < post.id; group = await groups.next())
      yield* lookAgain(store, group.value.post)
    const own = !group.done && group.value.post === post.id ? group.value.rows : null
    if (flawOf(post, own ?? [])) yield* lookAgain(store, post.id)
    if (own) group = await groups.next()
    if (pace.step()) await pace.rest()
  }
  for (; !group.done; group = await groups.next()) yield* lookAgain(store, group.value.post)
}

async function* groupByPost(
  rows: AsyncIterable<ApplicationRow>,
  pace: Pace,
): AsyncGenerator<{ readonly post: string; readonly rows: readonly ApplicationRow[] }, void> {
  let found: ApplicationRow[] = []
  for await (const row of rows) {
    const last = found.at(-1)
    if (last && last.post_id !== row.post_id) {
      yield { post: last.post_id, rows: found }
      found = []
    }
    found.push(row)
    if (pace.step()) await pace.rest()
  }
  const last = found.at(-1)
  if (last) yield { post: last.post_id, rows: found }
}

function flawOf({ max_apply, places_left }: Places, rows: readonly ApplicationRow[]): Omit<Violation, 'key'> | null {
  const { length } = standing(rows)
  if (length > max_apply) return { kind: 'oversold', detail: `${length} have applied, and ${max_apply} may` }
  if (length + places_left === max_apply) return null
  const detail = `${length} have applied of ${max_apply} who may, and ${places_left} places are left`
  return { kind: 'inconsistent', detail }
}

/** Both tables were not read at the same moment. */
async function* lookAgain(store: Store, id: string): AsyncGenerator<Violation> {
  const rows = await store.find(applications, { post_id: id })
  const [post] = await store.find(posts, { id })
  const flaw: Omit<Violation, 'key'> | null = post
    ? flawOf(post, rows)
    : { kind: 'inconsistent', detail: `${rows.length} applications for a post that is not there` }
  if (flaw) yield { ...flaw, key: `post ${id}` }
}
