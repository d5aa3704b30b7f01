import { moment, type Reader } from './format.ts'
import { fill, type TextName, type Texts } from './texts.ts'

/** How the panel speaks to its reader: the texts, filled in, and times in the reader's zone. */
export interface Voice {
  readonly texts: Texts
  readonly reader: Reader
  say(name: TextName, values?: Readonly<Record<string, string | number>>): string
  when(iso: string): string
}

/** A voice for these texts and this reader. */
export function makeVoice(texts: Texts, reader: Reader): Voice {
  return {
    texts,
    reader,
    say: (name, values = {}) => fill(texts[name], values),
    when: (iso) => moment(iso, reader),
  }
}
