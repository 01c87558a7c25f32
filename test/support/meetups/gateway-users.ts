import { expect } from 'vitest'
import type { Meetups } from './gateway.ts'

/** A time that posts may have. */
export const inADay = () => new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString()

const signUp = `mutation ($email: String!, $name: String!) {
  createUser(email: $email, name: $name, password: "carp-and-trout") {
    user { id name email } tokens { idToken refreshToken idTokenExpiresAt refreshTokenExpiresAt }
  }
}`

/** The mutation. */
export const createPost = `mutation ($input: PostInput!) {
  createPost(input: $input) { sagaId post { id state placesLeft meetingAt user { id } } }
}`

/** Somebody who is logged in. */
export interface Person {
  readonly id: string
  readonly email: string
  readonly idToken: string
  readonly refreshToken: string
}

/** Actions of people at a gateway. */
export interface People {
  newUser(): Promise<Person>
  /** The id of a post that is right, but for `input`. */
  newPost(idToken: string, input?: object): Promise<string>
  /** Waits until the saga has come to its end. */
  approved(id: string, idToken: string): Promise<void>
  /** The status, and the code of each error. */
  codesOf(...question: Parameters<Meetups['ask']>): Promise<(number | string)[]>
}

/** People at a gateway, none of whom was there before. */
export function createPeople(meetups: Pick<Meetups, 'ask'>): People {
  let count = 0

  async function newUser(): Promise<Person> {
    const email = `user${++count}@example.org`
    const { data, errors } = await meetups.ask(signUp, { email, name: `User ${count}` })
    expect(errors).toBeUndefined()
    return { ...data.createUser.user, ...data.createUser.tokens }
  }

  /** Waits until the saga has come to its end. */
  async function approved(id: string, idToken: string): Promise<void> {
    const state = async () => (await meetups.ask('query ($id: ID!) { post(id: $id) { state } }', { id }, idToken)).data
    await expect.poll(state, { timeout: 20_000, interval: 20 }).toEqual({ post: { state: 'APPROVED' } })
  }

  async function newPost(idToken: string, input: object = {}): Promise<string> {
    const whole = {
      title: 'Carp at dawn',
      content: 'Bring tea.',
      prefecture: 13,
      spotType: 'LAKE',
      fishTypes: ['CARP'],
      meetingAt: inADay(),
      maxApply: 2,
      ...input,
    }
    const { data, errors } = await meetups.ask(createPost, { input: whole }, idToken)
    expect(errors).toBeUndefined()
    return data.createPost.post.id
  }

  const codesOf = async (...question: Parameters<Meetups['ask']>) => {
    const { status, errors = [] } = await meetups.ask(...question)
    return [status, ...errors.map(({ extensions }) => extensions.code)]
  }

  return { newUser, newPost, approved, codesOf }
}
