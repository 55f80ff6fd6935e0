/** One word of an expression; `text` of a string literal is its value. */
export interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'operator' | 'end';
  readonly text: string;
}

const tokenPattern =
  /\s+|(?<number>\d+(?:\.\d+)?)|(?<raw>r'[^']*')|(?<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<name>[A-Za-z_]\w*)|(?<operator>\|\||&&|[=!<>]=|[-+*/%<>!?:.,()[\]])/y;

/** Splits an expression into tokens. Throws `SyntaxError` with the place of what is no token. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < source.length) {
    const start = tokenPattern.lastIndex;
    const groups = tokenPattern.exec(source);
    if (groups === null) {
      throw new SyntaxError(`unknown character "${source[start] ?? ''}" at ${start} of: ${source}`);
    }
    tokens.push(...toToken(groups.groups ?? {}));
  }
  return [...tokens, { kind: 'end', text: 'the end' }];
}

type Groups = Readonly<Partial<Record<string, string>>>;

/** Nothing for white space. */
function toToken({ number, raw, string, name, operator }: Groups): readonly Token[] {
  if (raw !== undefined) {
    return [{ kind: 'string', text: raw.slice(2, -1) }];
  }
  if (string !== undefined) {
    return [{ kind: 'string', text: resolveEscapes(string.slice(1, -1)) }];
  }
  const plain = { number, name, operator };
  return (['number', 'name', 'operator'] as const).flatMap((kind) => {
    const text = plain[kind];
    return text === undefined ? [] : [{ kind, text }];
  });
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function resolveEscapes(text: string): string {
  return text.replace(/\\(.)/gs, (_whole, character: string) => escapes[character] ?? character);
}
