/** Column types that the tables of every service share. */
export const integer = { type: 'integer' } as const
export const uuidColumn = { type: 'ascii', length: 36 } as const
export const text = (maxLength: number) => ({ type: 'text', maxLength }) as const
