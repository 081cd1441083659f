import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../../src/shared/api/json-body.ts'

/** Strings that could mislead a scanner: with quotes, backslashes, colons, braces. */
const trickyText = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', '\\', ':', '{', '}', '[', ']', ',', 'a', 'é', '\u0000', '\u2028', '😀') }),
  fc.string({ unit: 'binary' }),
)
const someKey = trickyText.filter((key) => key !== '__proto__')
const { value: someJson } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    trickyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(someKey, tie('value'), { maxKeys: 4 }),
  ),
}))

describe('reading a JSON body', () => {
  it('returns the same as JSON.parse for any value without repeated fields', () => {
    fc.assert(
      fc.property(someJson, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)

        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses a repeated field at any depth and in any spelling', () => {
    fc.assert(
      fc.property(
        someKey,
        someJson,
        someJson,
        fc.boolean(),
        pathToObject(),
        (key, one, other, escaped, [open, end]) => {
          const again = escaped ? unicodeEscaped(key) : JSON.stringify(key)
          const text = `${open}{${JSON.stringify(key)}:${JSON.stringify(one)},${again}:${JSON.stringify(other)}}${end}`
          expect(() => JSON.parse(text)).not.toThrow()

          expect(() => parseJson(Buffer.from(text))).toThrow('repeats a field')
        },
      ),
    )
  })

  it.each(['{"__proto__":1}', '{"a":{"__proto__":{"x":1}}}', '[{"\\u005f_proto__":null}]', '{"a":1,"__proto__":[]}'])(
    'refuses __proto__: %s',
    (text) => {
      expect(() => parseJson(Buffer.from(text))).toThrow('forbidden')
      expect(({} as { x?: number }).x).toBeUndefined()
    },
  )

  it('accepts __proto__ inside a string', () => {
    expect(parseJson(Buffer.from('{"a":"__proto__"}'))).toEqual({ a: '__proto__' })
  })

  it('refuses bytes that are not UTF-8', () => {
    const bytes = fc.uint8Array({ maxLength: 30 }).filter((some) => !isUtf8(some))

    fc.assert(
      fc.property(bytes, (some) => {
        const body = Buffer.concat([Buffer.from('{"a":"'), some, Buffer.from('"}')])

        expect(() => parseJson(body)).toThrow('not valid UTF-8')
      }),
    )
  })

  it.each([
    ['an overlong NUL', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a lone continuation', [0x80]],
    ['a character cut off', [0xe2, 0x82]],
    ['a code point above the last', [0xf4, 0x90, 0x80, 0x80]],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseJson(Buffer.from([0x22, ...bytes, 0x22]))).toThrow('not valid UTF-8')
  })

  it.each(['{', '{"a":1,}', "{'a':1}", '01', 'NaN', '{"a":1} x', '\ufeff{}', '"\u0001"', ' ', 'undefined'])(
    'refuses text that is not JSON: %j',
    (text) => {
      expect(() => parseJson(Buffer.from(text))).toThrow('not valid JSON')
    },
  )

  it('refuses with a 400', () => {
    expect(() => parseJson(Buffer.from('{'))).toThrow(expect.objectContaining({ statusCode: 400 }))
  })

  it('treats an empty body as no body', () => {
    expect(parseJson(Buffer.alloc(0))).toBeUndefined()
  })

  it('reads a body as deep as 16 KiB allow', () => {
    const depth = 8_000
    const nested = parseJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth)))

    expect(Array.isArray(nested)).toBe(true)
  })
})

/** Generates the text before and after a nested object. */
function pathToObject() {
  return fc.array(fc.constantFrom(['[1,', ']'], ['{"x":', ',"y":2}'], ['[', ',":"]']), { maxLength: 4 }).map(
    (steps) =>
      [
        steps.map(([open]) => open).join(''),
        steps
          .map(([, end]) => end)
          .reverse()
          .join(''),
      ] as const,
  )
}

function unicodeEscaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'))
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`
}

function isUtf8(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes)
}
