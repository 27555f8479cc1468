//! Plural rules: parser and evaluator of a catalogue's `Plural-Forms` expression.
//!
//! The syntax is that of the GNU gettext manual, section "Plural forms": C operators on unsigned
//! integers, without assignment and bitwise operators.

use crate::error::{CatalogueError, PluralProblem};

/// The limit of Python's gettext. The longest rule of CLDR, Cornish, has 450 bytes.
const MAX_LENGTH: usize = 1000;
/// Arabic, the deepest rule of a real language, has 6 levels.
const MAX_DEPTH: usize = 50;

/// A plural rule, validated for a set of counts when it is parsed.
#[derive(Debug)]
pub(crate) struct PluralForms {
    forms: usize,
    expression: Expression,
}

impl PluralForms {
    /// Parses `nplurals=2; plural=n != 1;`.
    pub(crate) fn parse(value: &str) -> Result<Self, CatalogueError> {
        Self::read(value).map_err(|problem| CatalogueError::PluralForms {
            value: value.chars().take(MAX_LENGTH).collect(),
            problem,
        })
    }

    fn read(value: &str) -> Result<Self, PluralProblem> {
        let (forms, expression) = fields(value).ok_or(PluralProblem::Form)?;
        let rule = Self {
            forms,
            expression: Parser::parse(expression)?,
        };
        // Real rules repeat every 10, 100 or 1,000, or have a special case for millions.
        for count in (0..=1000).chain([1_000_000, 1_000_001, u64::MAX]) {
            match rule.expression.value(count) {
                None => return Err(PluralProblem::DivisionByZero(count)),
                Some(form) if form >= rule.forms as u64 => {
                    return Err(PluralProblem::NoSuchForm(count));
                }
                Some(_) => {}
            }
        }
        Ok(rule)
    }

    /// Returns the index of the form for a count; `None` if a count that was not validated has
    /// none.
    pub(crate) fn form(&self, count: u64) -> Option<usize> {
        let form = self.expression.value(count)?;
        usize::try_from(form).ok().filter(|&form| form < self.forms)
    }
}

impl Default for PluralForms {
    /// The English rule, for catalogues without `Plural-Forms`.
    fn default() -> Self {
        Self {
            forms: 2,
            expression: Expression::Binary(
                Operator::NotEqual,
                Box::new([Expression::Count, Expression::Number(1)]),
            ),
        }
    }
}

/// Splits the value into the number of forms and the expression.
fn fields(value: &str) -> Option<(usize, &str)> {
    let (forms, rest) = value.trim().strip_prefix("nplurals")?.split_once(';')?;
    let forms = forms.trim_start().strip_prefix('=')?.trim();
    let forms = forms
        .parse()
        .ok()
        .filter(|forms| (1..=100).contains(forms))?;
    let expression = rest.trim_start().strip_prefix("plural")?;
    let expression = expression.trim_start().strip_prefix('=')?;
    let (expression, rest) = expression.split_once(';').unwrap_or((expression, ""));
    rest.trim().is_empty().then_some((forms, expression))
}

#[derive(Debug)]
enum Expression {
    Count,
    Number(u64),
    Not(Box<Self>),
    Binary(Operator, Box<[Self; 2]>),
    /// The condition, the value if it is not zero, and the value if it is zero.
    Choice(Box<[Self; 3]>),
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Operators with their precedence. `<=` must precede `<`, since the first match is taken.
const OPERATORS: [(&str, Operator, u8); 13] = [
    ("||", Operator::Or, 1),
    ("&&", Operator::And, 2),
    ("==", Operator::Equal, 3),
    ("!=", Operator::NotEqual, 3),
    ("<=", Operator::LessOrEqual, 4),
    (">=", Operator::GreaterOrEqual, 4),
    ("<", Operator::Less, 4),
    (">", Operator::Greater, 4),
    ("+", Operator::Add, 5),
    ("-", Operator::Subtract, 5),
    ("*", Operator::Multiply, 6),
    ("/", Operator::Divide, 6),
    ("%", Operator::Remainder, 6),
];

impl Expression {
    /// Evaluates the expression with C's `unsigned long` arithmetic. `None` for a division by zero.
    fn value(&self, count: u64) -> Option<u64> {
        Some(match self {
            Self::Count => count,
            Self::Number(number) => *number,
            Self::Not(operand) => (operand.value(count)? == 0).into(),
            Self::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                let part = if condition.value(count)? != 0 {
                    yes
                } else {
                    no
                };
                part.value(count)?
            }
            Self::Binary(operator, operands) => {
                let [left, right] = &**operands;
                let left = left.value(count)?;
                let right = || right.value(count);
                match operator {
                    Operator::Or => (left != 0 || right()? != 0).into(),
                    Operator::And => (left != 0 && right()? != 0).into(),
                    Operator::Equal => (left == right()?).into(),
                    Operator::NotEqual => (left != right()?).into(),
                    Operator::LessOrEqual => (left <= right()?).into(),
                    Operator::GreaterOrEqual => (left >= right()?).into(),
                    Operator::Less => (left < right()?).into(),
                    Operator::Greater => (left > right()?).into(),
                    Operator::Add => left.wrapping_add(right()?),
                    Operator::Subtract => left.wrapping_sub(right()?),
                    Operator::Multiply => left.wrapping_mul(right()?),
                    Operator::Divide => left.checked_div(right()?)?,
                    Operator::Remainder => left.checked_rem(right()?)?,
                }
            }
        })
    }
}

/// A recursive descent parser; `rest` is the remaining text.
struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn parse(text: &'a str) -> Result<Expression, PluralProblem> {
        if text.len() > MAX_LENGTH {
            return Err(PluralProblem::TooComplex);
        }
        let mut parser = Self {
            text,
            rest: text,
            depth: 0,
        };
        let expression = parser.choice()?;
        if parser.takes("") && parser.rest.is_empty() {
            Ok(expression)
        } else {
            Err(parser.syntax_error())
        }
    }

    fn choice(&mut self) -> Result<Expression, PluralProblem> {
        self.deeper(|parser| {
            let condition = parser.binary(1)?;
            if !parser.takes("?") {
                return Ok(condition);
            }
            let yes = parser.choice()?;
            if !parser.takes(":") {
                return Err(parser.syntax_error());
            }
            let no = parser.choice()?;
            Ok(Expression::Choice(Box::new([condition, yes, no])))
        })
    }

    /// Parses operators of at least this precedence, left-associative.
    fn binary(&mut self, least: u8) -> Result<Expression, PluralProblem> {
        let mut left = self.unary()?;
        while let Some((operator, binding)) = self.operator(least) {
            let right = self.binary(binding + 1)?;
            left = Expression::Binary(operator, Box::new([left, right]));
        }
        Ok(left)
    }

    fn operator(&mut self, least: u8) -> Option<(Operator, u8)> {
        let (_, operator, binding) = OPERATORS
            .into_iter()
            .find(|&(text, _, binding)| binding >= least && self.takes(text))?;
        Some((operator, binding))
    }

    fn unary(&mut self) -> Result<Expression, PluralProblem> {
        if self.takes("!") {
            let operand = self.deeper(Self::unary)?;
            return Ok(Expression::Not(Box::new(operand)));
        }
        if self.takes("(") {
            let inner = self.choice()?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                Err(self.syntax_error())
            };
        }
        if self.takes("n") {
            return Ok(Expression::Count);
        }
        let end = self.rest.find(|c: char| !c.is_ascii_digit());
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let number = digits.parse().map_err(|_| self.syntax_error())?;
        self.rest = rest;
        Ok(Expression::Number(number))
    }

    fn deeper<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, PluralProblem>,
    ) -> Result<T, PluralProblem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(PluralProblem::TooComplex);
        }
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Skips spaces, and consumes `token` if it is next.
    fn takes(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn syntax_error(&self) -> PluralProblem {
        PluralProblem::Syntax(self.text.len() - self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, Parser, PluralForms};
    use crate::error::{CatalogueError, PluralProblem};

    #[test]
    fn expressions_evaluate_as_in_c() {
        for (expression, count, expected) in [
            ("n", 7, Some(7)),
            ("1+2*3", 0, Some(7)),
            ("(1+2)*3", 0, Some(9)),
            ("10-3-2", 0, Some(5)),
            ("100/10/5", 0, Some(2)),
            ("7%4%2", 0, Some(1)),
            ("1<2==1", 0, Some(1)),
            ("3>2>1", 0, Some(0)),
            ("1||0&&0", 0, Some(1)),
            ("!n", 0, Some(1)),
            ("!!n", 7, Some(1)),
            ("!n==1", 0, Some(1)),
            ("!(n==1)", 1, Some(0)),
            ("n ? 1 : 2", 0, Some(2)),
            ("n ? n>1 ? 3 : 4 : 5", 1, Some(4)),
            ("n==1 ? 0 : n==2 ? 1 : 2", 2, Some(1)),
            ("n&&n", 7, Some(1)),
            ("n-1", 0, Some(u64::MAX)),
            (" \tn\t!=\t1 ", 1, Some(0)),
            ("007", 0, Some(7)),
            ("1/n", 0, None),
            ("1%n", 0, None),
            ("n && 1/n", 0, Some(0)),
            ("1 || 1/n", 0, Some(1)),
            ("n ? 1/n : 3", 0, Some(3)),
        ] {
            let parsed = Parser::parse(expression).unwrap();
            assert_eq!(parsed.value(count), expected, "{expression} for {count}");
        }
    }

    #[test]
    fn rules_of_languages_select_their_forms() {
        let french =
            "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;";
        let spanish = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;";
        for (language, rule, wanted) in [
            ("Japanese", "nplurals=1; plural=0;", [0, 0, 0, 0, 0, 0]),
            (
                "English",
                "nplurals=2; plural=(n != 1);",
                [1, 0, 1, 1, 1, 1],
            ),
            (
                "French until CLDR 38",
                "nplurals=2; plural=(n > 1);",
                [0, 0, 1, 1, 1, 1],
            ),
            ("French", french, [0, 0, 2, 1, 2, 1]),
            ("Spanish", spanish, [2, 0, 2, 1, 2, 1]),
        ] {
            let forms = PluralForms::parse(rule).unwrap();
            let counts = [0, 1, 2, 1_000_000, 1_000_001, 3_000_000];
            assert_eq!(
                counts.map(|count| forms.form(count)),
                wanted.map(Some),
                "{language}"
            );
        }
    }

    #[test]
    fn parse_rejects_invalid_plural_forms() {
        use PluralProblem::{DivisionByZero, Form, NoSuchForm, Syntax, TooComplex};
        let long = format!("nplurals=2; plural={}n", "n+".repeat(600));
        let parentheses = format!("nplurals=2; plural={}n", "(".repeat(900));
        let nots = format!("nplurals=2; plural={}n", "!".repeat(900));
        let choices = format!("nplurals=2; plural={}0", "n?0:".repeat(240));
        let balanced = format!(
            "nplurals=2; plural={}n>1{}",
            "(".repeat(MAX_DEPTH),
            ")".repeat(MAX_DEPTH)
        );
        for (value, expected) in [
            ("", Form),
            ("n != 1", Form),
            ("nplurals=2", Form),
            ("nplurals=2;", Form),
            ("nplurals=2; n != 1;", Form),
            ("nplurals=0; plural=0;", Form),
            ("nplurals=101; plural=0;", Form),
            ("nplurals=-1; plural=0;", Form),
            ("nplurals=99999999999999999999; plural=0;", Form),
            ("nplurals=INTEGER; plural=EXPRESSION;", Form),
            ("nplurals=2; plural=n != 1; plural=0;", Form),
            ("nplurals=2; plural=;", Syntax(0)),
            ("nplurals=2; plural=EXPRESSION;", Syntax(0)),
            ("nplurals=2; plural=n n;", Syntax(2)),
            ("nplurals=2; plural=nn;", Syntax(1)),
            ("nplurals=2; plural=1n;", Syntax(1)),
            ("nplurals=2; plural=n +;", Syntax(3)),
            ("nplurals=2; plural=n = 1;", Syntax(2)),
            ("nplurals=2; plural=n & 1;", Syntax(2)),
            ("nplurals=2; plural=-1;", Syntax(0)),
            ("nplurals=2; plural=(n;", Syntax(2)),
            ("nplurals=2; plural=n);", Syntax(1)),
            ("nplurals=2; plural=n ? 1;", Syntax(5)),
            ("nplurals=2; plural=n ? : 1;", Syntax(4)),
            ("nplurals=2; plural=system(1);", Syntax(0)),
            ("nplurals=2; plural=n ≠ 1;", Syntax(2)),
            ("nplurals=2; plural=99999999999999999999;", Syntax(0)),
            ("nplurals=2; plural=1/n;", DivisionByZero(0)),
            ("nplurals=2; plural=1%(n-1000);", DivisionByZero(1000)),
            ("nplurals=2; plural=n;", NoSuchForm(2)),
            ("nplurals=1; plural=n != 1;", NoSuchForm(0)),
            (
                "nplurals=2; plural=n == 1000000 ? 2 : 0;",
                NoSuchForm(1_000_000),
            ),
            (&long, TooComplex),
            (&parentheses, TooComplex),
            (&nots, TooComplex),
            (&choices, TooComplex),
            (&balanced, TooComplex),
        ] {
            let Err(CatalogueError::PluralForms { problem, .. }) = PluralForms::parse(value) else {
                panic!("{value} is invalid");
            };
            assert_eq!(problem, expected, "{value}");
        }
    }

    #[test]
    fn form_returns_none_for_unvalidated_counts_without_form() {
        let forms = PluralForms::parse("nplurals=2; plural=1 / (n - 123456) > 1;").unwrap();
        assert_eq!(forms.form(123_456), None);
        let forms = PluralForms::parse("nplurals=2; plural=n == 123456 ? 9 : 1;").unwrap();
        assert_eq!((forms.form(123_456), forms.form(1)), (None, Some(1)));
    }
}
