/** Symbols that are drawn as nothing: an empty Braille pattern, and a musical note without a head. */
const BLANK = String.raw`\u2800\u{1D159}`
/** A character that is seen on its own. */
const VISIBLE = String.raw`[^\p{Z}\p{M}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}${BLANK}]`

/**
 * Matches a name that people can read: 1 to 200 characters, at least one of them visible. Controls, line separators and
 * bidi controls (UAX #9) are refused, because they change how the text around the name is shown. Joiners and marks are
 * allowed, because Persian names, Indic names and emoji need them.
 */
export const USER_NAME = new RegExp(
  String.raw`^(?=.*${VISIBLE})[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]{1,200}$`,
  'u',
)
