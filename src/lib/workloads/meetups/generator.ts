import { faker } from '@faker-js/faker/locale/en'
import { createRandom, type Random } from '../../base/random.ts'
import { fishTypes, spotTypes, type PostText } from './post/contract.ts'
import { maxLengths } from './post/tables.ts'

export const seededAccounts = 1000
export const seededPosts = 1000

/** The password of every seeded account: they exist to be loaded, and nowhere else. */
export const seededPassword = 'carp-and-trout'

const dayMs = 24 * 60 * 60 * 1000

/** Posts and people that the seed alone decides, but for when they are. */
export interface MeetupGenerator {
  /** Like every `index`: from 0. */
  account(index: number): { readonly id: string; readonly email: string; readonly name: string }
  post(index: number, now: number): PostText & { readonly id: string; readonly userId: string }
}

export function createMeetupGenerator(seed: string): MeetupGenerator {
  const random = createRandom(seed)
  faker.seed(random.fork('faker').uint32())
  const names = Array.from({ length: 500 }, () => faker.person.fullName().slice(0, 50))
  const texts = createTexts(seed)
  return {
    account(index) {
      const name = random.fork(`name ${index}`).pick(names)
      return { id: idOf('user', index), email: `member${index}@meetups.example`, name }
    },
    post(index, now) {
      const own = random.fork(`post ${index}`)
      const userId = idOf('user', own.integer(0, seededAccounts - 1))
      return { id: idOf('post', index), userId, ...texts(own, now) }
    },
  }
}

/** Makes texts of posts: what people write who look for others. */
export function createTexts(seed: string): (random: Random, now: number) => PostText {
  faker.seed(createRandom(seed).fork('texts').uint32())
  const contents = Array.from({ length: 200 }, () => faker.lorem.paragraph().slice(0, maxLengths.content))
  return (random, now) => {
    const fish = random.integer(1, 3)
    const first = random.integer(0, fishTypes.length - 1)
    return {
      title: `${random.pick(['Dawn', 'Noon', 'Dusk', 'Night'])} at the ${random.pick(['pier', 'weir', 'reed'])}`,
      content: random.pick(contents),
      prefecture: random.integer(1, 47),
      spotType: random.pick(spotTypes),
      fishTypes: Array.from({ length: fish }, (_, at) => fishTypes[(first + at) % fishTypes.length] as string),
      meetingAt: now + random.integer(30, 365) * dayMs,
      maxApply: random.integer(5, 50),
    }
  }
}

/** A UUID of version 7 of the year 1970, so that whatever is made later comes after it. */
function idOf(kind: 'user' | 'post', index: number): string {
  return `00000000-000${kind === 'user' ? 1 : 2}-7000-8000-${index.toString(16).padStart(12, '0')}`
}
