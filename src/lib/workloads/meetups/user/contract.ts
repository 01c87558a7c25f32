export const sexes = ['female', 'male', 'other'] as const

export type Sex = (typeof sexes)[number]

/** An account. Times in ms since 1970. */
export interface User {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly introduction: string
  readonly createdAt: number
  /** Empty: not said. */
  readonly sex: Sex | ''
  /** One of the user's images; empty: none. */
  readonly imageId: string
}

/** A token that proves for an hour who somebody is, and the token that renews it. */
export interface TokenPair {
  /** A JWT, signed with EdDSA; its subject is the user's id. */
  readonly idToken: string
  readonly idTokenExpiresAt: number
  /** Good for one use. */
  readonly refreshToken: string
  readonly refreshTokenExpiresAt: number
}

/** The response to a login or a sign-up. */
export interface LoggedIn {
  readonly user: User
  readonly tokens: TokenPair
}

interface RefreshRequest {
  readonly refreshToken: string
}

/** Where a request comes from that needs a password hashed: those of one caller wait for each other. */
interface AskedFrom {
  readonly caller: string
}

/** Accounts and who is logged in; proto/meetups/user.proto says what each does and which errors it responds with. */
export interface UserService {
  createUser(
    request: AskedFrom & { readonly email: string; readonly name: string; readonly password: string },
  ): Promise<LoggedIn>
  login(request: AskedFrom & { readonly email: string; readonly password: string }): Promise<LoggedIn>
  logout(request: RefreshRequest): Promise<object>
  refreshIdToken(request: RefreshRequest): Promise<TokenPair>
  getUsers(request: { readonly ids: readonly string[] }): Promise<{ readonly users: readonly User[] }>
  /** Keeps all that is not given. */
  updateUser(
    request: Pick<User, 'id'> & Partial<Pick<User, 'email' | 'name' | 'introduction' | 'sex' | 'imageId'>>,
  ): Promise<User>
  updatePassword(
    request: AskedFrom & { readonly id: string; readonly oldPassword: string; readonly newPassword: string },
  ): Promise<object>
  getPublicKeys(request: object): Promise<{ readonly jwks: string }>
}

/** The issuer of id tokens: tokens that are signed for something else are not taken here. */
export const issuer = 'rushbench-meetups'
