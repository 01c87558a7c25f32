import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { posts } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, createPost, inADay, type People } from '../../../support/meetups/gateway-users.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

const page = `query ($first: Int, $after: String, $filter: PostFilter) {
  posts(first: $first, after: $after, filter: $filter, orderBy: MEETING, descending: false) {
    edges { cursor node { id title user { id name } applications { id user { name } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

for (const { name: engine, open } of meetupEngines) {
  describe.skipIf(open === null)(`the gateway on ${engine}`, () => {
    let meetups: Meetups
    let people: People
    beforeAll(async () => {
      meetups = await startMeetups(open!)
      people = createPeople(meetups)
    })
    afterAll(() => meetups[Symbol.asyncDispose]())

    test('signs up, logs in, renews and logs out', async () => {
      const { id, email, idToken, refreshToken } = await people.newUser()
      const me = await meetups.ask('{ currentUser { id email name createdAt } }', {}, idToken)
      expect(me.data.currentUser).toMatchObject({ id, email })
      const login =
        'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { user { id } } }'
      expect((await meetups.ask(login, { email, password: 'carp-and-trout' })).data.login.user.id).toBe(id)
      expect(await people.codesOf(login, { email, password: 'wrong' })).toEqual([200, 'unauthenticated'])
      const renew = 'mutation ($token: String!) { refreshIDToken(refreshToken: $token) { idToken refreshToken } }'
      const renewed = await meetups.ask(renew, { token: refreshToken })
      expect(renewed.data.refreshIDToken.refreshToken).not.toBe(refreshToken)
      expect(await people.codesOf(renew, { token: refreshToken })).toEqual([200, 'unauthenticated'])
    })

    test('takes no token but a good one', async () => {
      const { idToken } = await people.newUser()
      const [head, body, signature] = idToken.split('.') as [string, string, string]
      const none = Buffer.from('{"alg":"none"}').toString('base64url')
      const me = '{ currentUser { id } }'
      for (const wrong of [`${head}.${body}.${signature.slice(0, -4)}AAAA`, `${none}.${body}.`, 'x', '']) {
        expect(await people.codesOf(me, {}, wrong)).toEqual([200, 'unauthenticated'])
      }
      expect(await people.codesOf(me, {}, idToken)).toEqual([200])
    })

    test('shows an address to its owner alone', async () => {
      const [one, other] = [await people.newUser(), await people.newUser()]
      const user = 'query ($id: ID!) { user(id: $id) { name email } }'
      expect((await meetups.ask(user, { id: one.id }, other.idToken)).data.user.email).toBeNull()
      expect((await meetups.ask(user, { id: one.id }, one.idToken)).data.user.email).toBe(one.email)
    })

    test('lets nobody but the owner change a post', async () => {
      const [owner, other] = [await people.newUser(), await people.newUser()]
      const id = await people.newPost(owner.idToken)
      const drop = 'mutation ($id: ID!) { deletePost(id: $id) }'
      expect(await people.codesOf(drop, { id })).toEqual([200, 'unauthenticated'])
      expect(await people.codesOf(drop, { id }, other.idToken)).toEqual([200, 'forbidden'])
      const show = 'query ($id: ID!) { post(id: $id) { state } }'
      await people.approved(id, owner.idToken)
      await meetups.place.database.store.update(posts, { id }, { state: 'rejected' })
      expect((await meetups.ask(show, { id }, other.idToken)).data.post).toBeNull()
      expect((await meetups.ask(show, { id }, owner.idToken)).data.post).toEqual({ state: 'REJECTED' })
      expect((await meetups.ask(drop, { id }, owner.idToken)).data).toEqual({ deletePost: true })
      expect(await people.codesOf(drop, { id }, owner.idToken)).toEqual([200, 'not-found'])
    })

    test('lets others apply and withdraw', async () => {
      const [owner, other, third] = [await people.newUser(), await people.newUser(), await people.newUser()]
      const postId = await people.newPost(owner.idToken, { maxApply: 1 })
      await people.approved(postId, owner.idToken)
      const apply = 'mutation ($postId: ID!) { createApplyPost(postId: $postId) { user { id } } }'
      const withdraw = 'mutation ($postId: ID!) { deleteApplyPost(postId: $postId) }'
      expect(await people.codesOf(apply, { postId }, owner.idToken)).toEqual([200, 'wrong-state'])
      expect((await meetups.ask(apply, { postId }, other.idToken)).data.createApplyPost.user.id).toBe(other.id)
      expect(await people.codesOf(apply, { postId }, third.idToken)).toEqual([200, 'full'])
      // Full or not: whoever has a place is told that they have it.
      expect(await people.codesOf(apply, { postId }, other.idToken)).toEqual([200, 'taken'])
      expect(await people.codesOf(withdraw, { postId }, third.idToken)).toEqual([200, 'not-found'])
      expect(await people.codesOf(withdraw, { postId }, other.idToken)).toEqual([200])
      expect(await people.codesOf(apply, { postId }, third.idToken)).toEqual([200])
    })

    test('says which field is wrong', async () => {
      const { idToken } = await people.newUser()
      const { errors } = await meetups.ask(
        createPost,
        {
          input: {
            title: 'x'.repeat(21),
            content: 'x',
            prefecture: 1,
            spotType: 'SEA',
            fishTypes: ['EEL'],
            meetingAt: inADay(),
            maxApply: 1,
          },
        },
        idToken,
      )
      expect(errors).toMatchObject([
        {
          message: 'title has 21 characters instead of 1 to 20',
          path: ['createPost'],
          extensions: { code: 'invalid' },
        },
      ])
    })

    test('names the argument that is wrong, and carries out what else was asked', async () => {
      const { id, idToken } = await people.newUser()
      const wrong: readonly (readonly [query: string, argument: string])[] = [
        ['{ user(id: "x") { id } }', 'id'],
        ['{ post(id: "x") { id } }', 'id'],
        ['{ room(id: "x") { id } }', 'id'],
        ['mutation { deletePost(id: "x") }', 'id'],
        ['mutation { createApplyPost(postId: "x") { id } }', 'postId'],
        ['mutation { deleteApplyPost(postId: "x") }', 'postId'],
        ['mutation { createMessage(roomId: "x", body: "x") { id } }', 'roomId'],
      ]
      for (const [query, argument] of wrong)
        expect((await meetups.ask(query, {}, idToken)).errors).toMatchObject([
          { message: `${argument} is no UUID in lower case`, extensions: { code: 'invalid' } },
        ])
      const both = await meetups.ask('query ($id: ID!) { a: user(id: "x") { id } b: user(id: $id) { id } }', { id })
      expect([both.data, both.errors?.length]).toEqual([{ a: null, b: { id } }, 1])
    })

    test('pages through posts with cursors', async () => {
      const owner = await people.newUser()
      const ids: string[] = []
      for (let n = 0; n < 5; n++) {
        const meetingAt = new Date(Date.now() + (n + 2) * 60 * 60 * 1000).toISOString()
        ids.push(await people.newPost(owner.idToken, { meetingAt }))
      }
      for (const id of ids) await people.approved(id, owner.idToken)
      const filter = { userId: owner.id, open: true, fishTypes: ['CARP', 'EEL'] }
      const first = await meetups.ask(page, { first: 3, filter })
      expect(first.data.posts.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids.slice(0, 3))
      const { pageInfo } = first.data.posts
      expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
      const second = await meetups.ask(page, { first: 3, filter, after: pageInfo.endCursor })
      expect(second.data.posts.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids.slice(3))
      expect(second.data.posts.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    })

    test('asks the services as often for 30 posts with their users and applications as for 2', async () => {
      const owners = [await people.newUser(), await people.newUser(), await people.newUser()]
      const mark = { prefecture: 47 }
      const make = async (count: number) => {
        for (let n = 0; n < count; n++) {
          const id = await people.newPost(owners[n % 2]!.idToken, mark)
          await people.approved(id, owners[2]!.idToken)
          const apply = 'mutation ($postId: ID!) { createApplyPost(postId: $postId) { id } }'
          await meetups.ask(apply, { postId: id }, owners[2]!.idToken)
        }
      }
      const callsFor = async (first: number) => {
        const before = await meetups.calls()
        const { data, errors } = await meetups.ask(page, { first, filter: mark })
        expect(errors).toBeUndefined()
        expect(data.posts.edges).toHaveLength(first)
        for (const { node } of data.posts.edges) expect(node.applications[0].user.name).toMatch(/^User /)
        const after = await meetups.calls()
        return Object.fromEntries(
          [...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)]).filter(([, calls]) => calls !== 0),
        )
      }
      await make(2)
      const forTwo = await callsFor(2)
      await make(28)
      expect(await callsFor(30)).toEqual(forTwo)
      expect(forTwo).toEqual({
        'PostService.listPosts': 1,
        'PostService.getApplications': 1,
        // The owners of the posts, and then those who have applied.
        'UserService.getUsers': 2,
      })
    })

    test.each([
      ['what is no GraphQL', '{ posts('],
      ['a field that there is not', '{ posts { password } }'],
      ['a time without a zone', '{ posts(filter: { meetingFrom: "2026-05-16" }) { pageInfo { endCursor } } }'],
      ['what goes too deep', `{ __schema { types { fields { type { ${'ofType { '.repeat(12)} name ${'} '.repeat(16)}`],
      ['types of types of types', '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }'],
      [
        'what costs too much',
        '{ posts(first: 100) { edges { node { applications { user { id } } images { id path bytes contentType } user { id name } } } } a: posts(first: 100) { edges { node { applications { user { id name } } } } } }',
      ],
      ['what is no time', '{ posts(filter: { meetingFrom: 5 }) { pageInfo { endCursor } } }'],
    ])('refuses %s', async (_what, query) => {
      const before = await meetups.calls()
      const [status, ...codes] = await people.codesOf(query)
      expect(status).toBe(400)
      expect(new Set(codes)).toEqual(new Set(['invalid-query']))
      expect(await meetups.calls()).toEqual(before)
    })

    test('keeps what went wrong inside from its clients', async () => {
      expect(meetups.errors).toEqual([])
    })

    test('lets tools ask for the schema', async () => {
      const { data, errors } = await meetups.ask(getIntrospectionQuery())
      expect(errors).toBeUndefined()
      expect(data.__schema.queryType.name).toBe('Query')
    })

    test('says how it is, and what can be asked', async () => {
      expect(await (await fetch(`${meetups.origin}/healthz`)).json()).toEqual({ status: 'ok' })
      expect(await (await fetch(`${meetups.origin}/docs`)).text()).toContain('type Query')
    })
  })
}
