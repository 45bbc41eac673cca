//! The answers to a document's questions, and the skill that comes of them: what `configure` makes true and runs. Asks nobody.

use std::collections::BTreeMap;

use crate::problem::Problem;
use crate::shown;
use crate::skill::{Fact, Guard, Prompt, Question, Setting, Skill, Step, Task, What, input};
use crate::variables;

/// Variables with their values.
#[derive(Default)]
pub struct Answers(BTreeMap<String, Answer>);

struct Answer {
    text: String,
    is_secret: bool,
}

impl Answers {
    /// Binds the variable of a question to the answer that a text is. What is none is the error, a clause that does not name the text.
    pub fn bind(&mut self, prompt: &Prompt, text: &str) -> Result<(), String> {
        self.bind_as(prompt, text, prompt.is_secret)
    }

    /// As [`Answers::bind`], of a text that is not to be shown, whatever the question says of it.
    pub fn bind_unseen(&mut self, prompt: &Prompt, text: &str) -> Result<(), String> {
        self.bind_as(prompt, text, true)
    }

    fn bind_as(&mut self, prompt: &Prompt, text: &str, is_secret: bool) -> Result<(), String> {
        let text = prompt.answer(text)?;
        let answer = Answer { text, is_secret };
        self.0.insert(prompt.variable.clone(), answer);
        Ok(())
    }

    /// The answers that can be shown, with their variables.
    pub fn seen(&self) -> impl Iterator<Item = (&str, &str)> {
        let seen = self.0.iter().filter(|(_, answer)| !answer.is_secret);
        seen.map(|(variable, answer)| (variable.as_str(), answer.text.as_str()))
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(|answer| answer.text.as_str())
    }

    /// Whether a step is to be looked at: what its guard names has that value. What a guard says of the layout is not looked at.
    #[must_use]
    pub fn hold(&self, guard: Option<&Guard>) -> bool {
        guard.is_none_or(|guard| {
            guard.variable == "layout" || self.get(&guard.variable) == Some(&guard.value)
        })
    }

    /// A text for a person, with the answers in their places. Secrets are not shown.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        variables::fill(text, &|name| {
            let answer = self.0.get(name)?;
            Some(if answer.is_secret {
                "***"
            } else {
                &answer.text
            })
        })
    }

    /// A text without the secrets that it holds.
    #[must_use]
    pub fn without_secrets(&self, text: &str) -> String {
        let secrets = self.0.values().filter(|answer| answer.is_secret);
        // A line's end may have lost its white space.
        let forms = secrets.flat_map(|answer| [answer.text.as_str(), answer.text.trim()]);
        let mut forms = forms.filter(|form| !form.is_empty()).collect::<Vec<_>>();
        // One may be the beginning of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let hide = |text: String, form: &&str| text.replace(*form, "***");
        forms.iter().fold(text.to_owned(), hide)
    }

    /// The variables of the environment that give the answers to the commands of a task.
    #[must_use]
    pub fn environment(&self, task: &Task) -> Vec<(String, String)> {
        let names = task.commands.iter().flat_map(|it| variables::names(it));
        let given = |name: &str| Some((input(name), self.get(name)?.to_owned()));
        names.filter_map(given).collect()
    }

    /// The skill with its questions answered: the steps whose guards the answers meet, with the answers in their facts. A value that cannot be
    /// written where it belongs is a [`Problem`].
    pub fn given_to(&self, skill: &Skill) -> Result<Skill, Problem> {
        let mut answered = Skill {
            is_answered: true,
            steps: Vec::new(),
            ..skill.clone()
        };
        for step in skill.steps.iter().filter(|it| self.hold(it.when.as_ref())) {
            self.are_enough(step)?;
            let of_layout = |guard: &&Guard| guard.variable == "layout";
            answered.steps.push(Step {
                when: step.when.as_ref().filter(of_layout).cloned(),
                what: self.filled(&step.what)?,
                ..step.clone()
            });
        }
        Ok(answered)
    }

    /// Refuses a step that takes an answer which was not asked for: the guard of its question does not hold, and the step's own does.
    fn are_enough(&self, step: &Step) -> Result<(), Problem> {
        let texts = step.what.texts();
        let mut names = texts.iter().flat_map(|text| variables::names(text));
        let Some(name) = names.find(|name| self.get(name).is_none()) else {
            return Ok(());
        };
        let found = format!(
            "{}: `{name}` is not asked for with these answers, and the step in line {} of the document takes it",
            step.label, step.line
        );
        Err(Problem::refused(found).and_nothing_written())
    }

    fn filled(&self, what: &What) -> Result<What, Problem> {
        let fill = |text: &str| variables::fill(text, &|name| self.get(name));
        Ok(match what {
            What::Fact(Fact::EnvSet { lines }) => {
                let lines = lines.iter();
                let lines = lines
                    .map(|(key, value)| (key.clone(), fill(value)))
                    .collect();
                What::Fact(Fact::EnvSet { lines })
            }
            What::Fact(Fact::Setting { file, setting }) => {
                let mut secret = variables::names(&setting.value);
                if secret.any(|name| self.0.get(name).is_some_and(|it| it.is_secret)) {
                    let found = format!(
                        "`ARG {}` would hold a secret: an image shows its ARGs to everyone",
                        setting.arg
                    );
                    return Err(Problem::refused(found).and_nothing_written());
                }
                let value = fill(&setting.value);
                // What no shell, no Dockerfile and no quotes of either read as anything but itself.
                let plain = |c: char| c.is_ascii_alphanumeric() || "._~:/%+=,-[]".contains(c);
                if !value.chars().all(plain) {
                    let found = format!(
                        "`ARG {}` can hold letters, digits and ._~:/%+=,-[] only, found `{}`",
                        setting.arg,
                        shown::line(&value)
                    );
                    return Err(Problem::refused(found).and_nothing_written());
                }
                What::Fact(Fact::Setting {
                    file: file.clone(),
                    setting: Setting {
                        value,
                        ..setting.clone()
                    },
                })
            }
            What::Question(Question::Operator(text)) => {
                What::Question(Question::Operator(self.shown(text)))
            }
            other => other.clone(),
        })
    }
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use super::Answers;
    use crate::document::parse;
    use crate::skill::{Fact, Layout, Prompt, Question, Skill, What};

    const TEXT: &str = "---\nname: add-x\ndescription: x\nlayouts: dockerfile\n---\n\n# X\n
```nc:append to:src/a.ts\nimport './x.js';\n```
```nc:prompt mode choices:a,b\nMode?\n```
```nc:prompt token secret when:mode=a\nToken?\n```
```nc:env-set when:mode=a\nX_TOKEN={{token}}\nX_MODE=mode-{{mode}}\n```
```nc:operator when:mode=b\nMode {{mode}} it is.\n```
```nc:run effect:external when:mode=a\nlogin {{token}}\n```
```nc:prompt url\nURL?\n```
```nc:dockerfile in:container/Dockerfile after:@x/y\nARG X_URL={{url}}\nRUN put \"${X_URL}\"\n```
";

    fn answered(skill: &Skill, given: &[(&str, &str)]) -> Answers {
        let mut answers = Answers::default();
        for step in &skill.steps {
            let What::Question(Question::Prompt(prompt)) = &step.what else {
                continue;
            };
            if let Some((_, text)) = given.iter().find(|(name, _)| *name == prompt.variable) {
                answers.bind(prompt, text).unwrap();
            }
        }
        answers
    }

    #[test]
    fn a_skill_is_what_its_answers_make_of_it() {
        let skill = parse("x.md", TEXT).unwrap();
        assert_eq!(skill.facts(Layout::Dockerfile).count(), 1);
        let answers = answered(
            &skill,
            &[("mode", "a"), ("token", "sec"), ("url", "http://h/v1")],
        );
        let made = answers.given_to(&skill).unwrap();
        let facts = made.facts(Layout::Dockerfile).map(|(_, fact)| fact);
        let facts = facts.collect::<Vec<_>>();
        let [_, Fact::EnvSet { lines }, Fact::Setting { setting, .. }] = facts[..] else {
            panic!("{facts:?}");
        };
        let line = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            lines[..],
            [line("X_TOKEN", "sec"), line("X_MODE", "mode-a")]
        );
        assert_eq!(setting.value, "http://h/v1");
        let (_, task) = made.tasks(Layout::Dockerfile).next().unwrap();
        assert_eq!(
            answers.environment(task),
            [("NC_INPUT_TOKEN".to_owned(), "sec".to_owned())]
        );
        assert_eq!(answers.without_secrets("a sec b"), "a *** b");
        let mut more = Answers::default();
        for (variable, text) in [("a", "abc"), ("b", "abcdef"), ("c", "x y  ")] {
            let prompt = Prompt {
                variable: variable.to_owned(),
                is_secret: false,
                question: "?".to_owned(),
                choices: Vec::new(),
                rule: None,
                normalize: None,
                reuse: None,
            };
            more.bind_unseen(&prompt, text).unwrap();
        }
        assert_eq!(more.without_secrets("abcdef abc x y"), "*** *** ***");
        assert_eq!(more.seen().count(), 0);
        assert_eq!(answers.shown("{{token}} {{mode}}"), "*** a");
        let other = answered(&skill, &[("mode", "b"), ("url", "u")]).given_to(&skill);
        let other = other.unwrap();
        assert_eq!(other.tasks(Layout::Dockerfile).count(), 0);
        let said = other.steps.iter().find_map(|step| match &step.what {
            What::Question(Question::Operator(text)) => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(said, Some("Mode b it is."));
    }

    #[test]
    fn a_step_whose_answer_was_not_asked_for_is_refused() {
        let text = TEXT.replace("nc:env-set when:mode=a", "nc:env-set");
        let skill = parse("x.md", &text).unwrap();
        let made = answered(&skill, &[("mode", "b"), ("url", "u")]).given_to(&skill);
        let error = made.unwrap_err().to_string();
        assert!(
            error.contains("`token` is not asked for with these answers"),
            "{error}"
        );
    }

    #[test]
    fn a_dockerfile_gets_no_value_that_it_would_read_and_no_secret() {
        let skill = parse("x.md", TEXT).unwrap();
        for url in ["a b", "a\"b", "$(x)", "a\\", "a#b", "`x`"] {
            let made = answered(&skill, &[("mode", "b"), ("url", url)]).given_to(&skill);
            assert!(made.unwrap_err().to_string().contains("X_URL"), "{url}");
        }
        let text = TEXT.replace("nc:prompt url", "nc:prompt url secret");
        let skill = parse("x.md", &text).unwrap();
        let made = answered(&skill, &[("mode", "b"), ("url", "sec")]).given_to(&skill);
        let error = made.unwrap_err().to_string();
        assert!(
            error.contains("a secret") && !error.contains("`sec`"),
            "{error}"
        );
    }
}
