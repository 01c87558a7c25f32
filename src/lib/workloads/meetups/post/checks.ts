import { readLine, readText, requireThat } from '../checks.ts'
import { fishTypes, spotTypes, type ListPostsRequest, type PostText } from './contract.ts'
import { maxFishTypes, maxLengths } from './tables.ts'

const maxPlaces = 1000

const maxPage = 100

/** Times have 13 digits up to here: the year 2286. */
const maxTime = 9_999_999_999_999

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

/** Throws `invalid` for what cannot be listed. */
export function checkList(request: ListPostsRequest): void {
  requireWhole(request.first, 'first', 1, maxPage)
  requireOneOf(request.orderBy, 'orderBy', ['created', 'meeting'])
  requireWhole(request.prefecture, 'prefecture', 0, 47)
  if (request.spotType !== '') requireOneOf(request.spotType, 'spotType', spotTypes)
  for (const fish of request.fishTypes) requireOneOf(fish, 'fishTypes', fishTypes)
  requireWhole(request.meetingFrom, 'meetingFrom', 0, maxTime)
  requireWhole(request.meetingTo, 'meetingTo', 0, maxTime)
}

function requireWhole(value: number, what: string, min: number, max: number): void {
  requireThat(Number.isSafeInteger(value) && value >= min && value <= max, what, `is not from ${min} to ${max}`)
}

function requireOneOf(value: string, what: string, allowed: readonly string[]): void {
  requireThat(allowed.includes(value), what, `is none of ${allowed.join(', ')}`)
}
