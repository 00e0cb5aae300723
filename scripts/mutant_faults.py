"""The small faults that scripts/mutants plants: finds their places in C++ text.

It is a simple tokenizer, not a parser, and relies on the layout that clang-format gives the sources: a binary
operator has white space on both sides, a template's bracket has not. If it misreads a place, the result does not
compile, and scripts/mutants draws another fault.

Left alone: comments, texts, preprocessor lines, static_assert, enumerations, and the arguments of whatever
builds texts or logs (StrCat, SomethingError, LogInfo) or only makes room (reserve).
"""

import dataclasses
import re

KINDS = ("operator", "constant", "statement", "condition", "arguments")

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<directive>(?<![^\n])[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<text>(?:u8|[uUL])?R"(?P<raw>[^()\s]*)\(.*?\)(?P=raw)"|(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')
  | (?P<number>\.?\d(?:[eEpP][+-]|'?[\w.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark><=>|->\*?|::|\.\.\.|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\+\+|--|[^\s\w])
""", re.VERBOSE | re.DOTALL)

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
         "+": "-", "-": "+", "*": "/", "/": "*", "+=": "-=", "-=": "+="}
CLOSING = {"(": ")", "[": "]", "{": "}"}
# Calls whose arguments are messages or only reserve memory, and words that concern the compiler only.
ROOM = "reserve|shrink_to_fit"
TELLING = re.compile(r"StrCat|StrAppend\w*|StrFormat|StrJoin|Log(Info|Warning|Error)|\w*Error|static_assert|"
                     r"decltype|noexcept|alignas|ABSL_\w+|[A-Z]+_REQUIRED|" + ROOM)
# The order of their arguments does not matter.
SYMMETRIC = {"max", "min", "swap", "hypot", "gcd", "lcm"}
# Words that begin a statement that is not an expression.
NO_EXPRESSION = {
    "return", "co_return", "using", "typedef", "const", "constexpr", "static", "auto", "if", "else", "for", "while",
    "do", "switch", "case", "default", "break", "continue", "goto", "namespace", "class", "struct", "enum", "union",
    "template", "public", "private", "protected", "friend", "operator", "virtual", "explicit", "inline", "extern",
    "mutable", "throw", "new", "thread_local", "ASSIGN_OR_RETURN",
    "CHECK",  # true in every run, so no test could notice that it is missing
}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Fault:
    path: str
    line: int
    kind: str
    start: int  # position in the file's text
    end: int
    new: str    # the replacement

    def planted(self, text):
        return text[:self.start] + self.new + text[self.end:]


def tokens_of(text):
    return [Token(match.lastgroup if match.lastgroup != "raw" else "text", match.group(), match.start(), match.end())
            for match in TOKEN.finditer(text) if match.group("comment") is None and match.group("directive") is None]


class Source:
    """The tokens of a file, with matching brackets, and which tokens are in functions or are never changed."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.tokens = tokens_of(text)
        self.closes = {}  # index of an opening bracket -> index of the closing one
        self.function = [False] * len(self.tokens)
        self.alone = [False] * len(self.tokens)
        self._match()

    def _match(self):
        open_brackets = []
        for index, token in enumerate(self.tokens):
            if token.text in CLOSING and token.kind == "mark":
                open_brackets.append(index)
            elif token.text in CLOSING.values() and token.kind == "mark" and open_brackets:
                self.closes[open_brackets.pop()] = index
        for start, end in self.closes.items():
            if self.tokens[start].text == "{" and self._opens_function(start):
                self.function[start:end] = [True] * (end - start)
            if self._is_left_alone(start):
                self.alone[start:end] = [True] * (end - start)

    def _opens_function(self, brace):
        return self.word(brace - 1) in (")", "const", "override", "noexcept", "mutable", "final")

    def _is_left_alone(self, start):
        if self.tokens[start].text == "(":
            return TELLING.fullmatch(self.word(start - 1)) is not None
        heads = [self.word(start - back) for back in range(1, 8)]
        return self.tokens[start].text == "{" and "enum" in heads[:heads.index(";") if ";" in heads else 8]

    def word(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def is_spaced(self, index):
        token = self.tokens[index]
        return self.text[token.start - 1].isspace() and self.text[token.end:token.end + 1].isspace()

    def fault(self, kind, first, last, new):
        """Tokens `first` to `last` become `new`."""
        start, end = self.tokens[first].start, self.tokens[last].end
        return Fault(self.path, self.text.count("\n", 0, start) + 1, kind, start, end, new)


def operators(source):
    for index, token in enumerate(source.tokens):
        if token.kind == "mark" and token.text in SWAPS and not source.alone[index] and source.is_spaced(index):
            yield source.fault("operator", index, index, SWAPS[token.text])


NUMBER = re.compile(r"(?P<digits>0[xX][0-9a-fA-F']+|[0-9][0-9']*|[0-9]*\.[0-9]+|[0-9]+\.)(?P<suffix>[uUlLfFzZ]*)")


def constants(source):
    for index, token in enumerate(source.tokens):
        of_template = source.word(index - 1) == "<" and not source.is_spaced(index - 1)
        if token.kind != "number" or source.alone[index] or of_template:
            continue
        number = NUMBER.fullmatch(token.text)
        if number is None:
            continue
        digits = number["digits"].replace("'", "")
        value = float(digits) if "." in digits else int(digits, 0 if digits[:2] in ("0x", "0X") else 10)
        for step in (1, -1):
            if value + step >= 0:
                yield source.fault("constant", index, index, f"{value + step}{number['suffix']}")


def conditions(source):
    for index, token in enumerate(source.tokens):
        if token.text not in ("if", "while") or source.word(index + 1) != "(" or source.alone[index]:
            continue
        first, last = index + 2, source.closes[index + 1] - 1
        for inner in range(first, last):  # if (initialiser; condition)
            if source.word(inner) == ";":
                first = inner + 1
        whole = source.text[source.tokens[first].start:source.tokens[last].end]
        yield source.fault("condition", first, last, f"!({whole})")


def statements(source):
    first = 0
    index = 0
    while index < len(source.tokens):
        token = source.tokens[index]
        if token.text in ("(", "[") and index in source.closes:
            index = source.closes[index]
        elif token.text in ("{", "}", ":"):
            first = index + 1
        elif token.text == ")" or token.text == "else":
            pass
        elif token.text == ";":
            if source.function[index] and is_expression(source, first, index):
                yield source.fault("statement", first, index, ";")
            first = index + 1
        index += 1


def is_expression(source, first, end):
    """Whether the tokens up to the semicolon at `end` are a call or an assignment, not a declaration."""
    words = source.tokens[first:end]
    if len(words) < 2:
        return False
    if words[0].kind != "word" or words[0].text in NO_EXPRESSION or TELLING.fullmatch(words[0].text):
        return words[0].text in ("++", "--", "*")
    if words[1].kind == "word" or words[1].text in ("&", "*", "<", "{"):
        return False  # Type name
    if words[-1].text == ")" and any(re.fullmatch(ROOM, word.text) for word in words):
        return False
    depth = 0
    for before, after in zip(words, words[1:]):
        depth += (before.text in CLOSING) - (before.text in CLOSING.values())
        if depth == 0 and (before.kind == after.kind == "word" or before.text == ">" and after.kind == "word"):
            return False
    return any(word.text in ("(", "=", "++", "--") or word.text.endswith("=") for word in words)


def arguments(source):
    for opening, closing in source.closes.items():
        name = source.tokens[opening - 1] if opening else None
        if (source.tokens[opening].text != "(" or name.kind != "word" or not source.function[opening]
                or source.alone[opening] or name.text in SYMMETRIC | NO_EXPRESSION):
            continue
        parts = split_arguments(source, opening + 1, closing)
        for (first, last), (second, end) in zip(parts, parts[1:]):
            one = source.text[source.tokens[first].start:source.tokens[last - 1].end]
            between = source.text[source.tokens[last - 1].end:source.tokens[second].start]
            other = source.text[source.tokens[second].start:source.tokens[end - 1].end]
            if one != other:
                yield source.fault("arguments", first, end - 1, other + between + one)


def split_arguments(source, first, closing):
    """[first, end) of each argument. The comma of a template is misread; the result does not compile."""
    parts = []
    index = start = first
    while index < closing:
        if index in source.closes:
            index = source.closes[index]
        elif source.word(index) == ",":
            parts.append((start, index))
            start = index + 1
        index += 1
    parts.append((start, closing))
    return [part for part in parts if part[0] < part[1]] if all(a < b for a, b in parts) else []


def faults_of(path, text):
    """All faults that can be planted in this file, by kind."""
    source = Source(path, text)
    return {kind: list(find(source)) for kind, find in
            zip(KINDS, (operators, constants, statements, conditions, arguments))}
