import { describe, expect, it } from 'vitest'
import { USER_NAME } from '../../../src/user/domain/user-name.ts'

describe('a name', () => {
  it.each([
    ['Latin', 'Ada Lovelace'],
    ['Latin with an apostrophe', 'Sinéad O’Connor-Ní Bhriain Jr.'],
    ['a combining mark after its letter', 'Jose\u0301'],
    ['Arabic', 'محمد بن موسى الخوارزمي'],
    ['Hebrew with vowel points', 'דָּוִד'],
    ['Persian with a zero-width non-joiner', 'علی\u200cرضا'],
    ['Hindi with a zero-width joiner', 'क\u094d\u200dष'],
    ['Sinhala with a zero-width joiner', 'ශ\u0dca\u200dරී'],
    ['Tamil', 'தமிழ்'],
    ['Thai', 'สมชาย'],
    ['Chinese', '王秀英'],
    ['a rare Chinese character with a variation selector', '邊\u{e0101}'],
    ['Japanese with an ideographic space', '山田\u3000太郎'],
    ['Korean', '김민수'],
    ['Hangul of single letters', '\u1112\u1161\u11ab'],
    ['Cherokee', 'ᏍᏏᏉᏯ'],
    ['N’Ko', 'ߞߊ߲ߕߍ߫'],
    ['Adlam, outside of the basic plane', '𞤀𞤣𞤢'],
    ['a family of emoji with joiners', '👩\u200d👩\u200d👧'],
    ['an emoji with a variation selector', '❤\ufe0f'],
    ['a flag of tag characters', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
    ['a digit', '7'],
    ['a private character', '\ue000'],
  ])('of %s is allowed', (_, name) => {
    expect(name).toMatch(USER_NAME)
  })

  it.each([
    ['a space', ' '],
    ['a no-break space', '\u00a0'],
    ['an ideographic space', '\u3000'],
    ['a zero-width space', '\u200b'],
    ['a zero-width joiner', '\u200d'],
    ['a zero-width non-joiner', '\u200c'],
    ['a word joiner', '\u2060'],
    ['a byte order mark', '\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['a combining grapheme joiner', '\u034f'],
    ['a Hangul filler', '\u3164'],
    ['a Hangul vowel filler', '\u1160'],
    ['a half-width Hangul filler', '\uffa0'],
    ['a Mongolian vowel separator', '\u180e'],
    ['an invisible operator', '\u2063'],
    ['an empty Braille pattern', '\u2800'],
    ['a variation selector', '\ufe0f'],
    ['a tag character', '\u{e0041}'],
    ['a musical note without a head', '\u{1d159}'],
    ['a mark without a letter', '\u0301'],
    ['a noncharacter', '\uffff'],
  ])('that is only %s is refused, once or several times', (_, character) => {
    expect(character).not.toMatch(USER_NAME)
    expect(`${character} ${character}\u200b`).not.toMatch(USER_NAME)
    expect(`${character}A`).toMatch(USER_NAME)
  })

  it.each([
    0x0000, 0x0009, 0x000a, 0x001b, 0x007f, 0x0085, 0x009f, 0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b,
    0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xd800, 0xdfff,
  ])('with the character %i anywhere is refused', (code) => {
    const character = String.fromCharCode(code)

    for (const name of [character, `${character}Ada`, `A${character}da`, `Ada${character}`])
      expect(name).not.toMatch(USER_NAME)
  })

  it('of 200 characters is allowed, and of 201 refused, outside of the basic plane too', () => {
    expect('😀'.repeat(200)).toMatch(USER_NAME)
    expect('😀'.repeat(201)).not.toMatch(USER_NAME)
    expect('').not.toMatch(USER_NAME)
  })
})
