//! A file of HCL, laid out as `terraform fmt` does.

use hcl::{
    Block,
    format::{Format, Formatter},
};

/// A file: a heading and blocks, each with comments above it.
pub struct File {
    text: String,
}

impl File {
    pub fn new(heading: &str) -> Self {
        Self { text: comment(heading) }
    }

    pub fn push(&mut self, comments: &[String], block: &Block) {
        let mut formatter = Formatter::builder().prefer_ident_keys(true).build_vec();
        let text = block
            .format_string(&mut formatter)
            .expect("formatting into memory has nothing that could fail");
        self.text.push('\n');
        self.text.extend(comments.iter().map(|line| comment(line)));
        self.text.push_str(&aligned(&documents(&text)));
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

/// Marks an attribute whose value is a JSON document. The formatter writes the arguments of a function
/// on one line, which nobody could review in a policy: so the call is put around the object afterwards.
pub const DOCUMENT: &str = "jsonencode__";

fn documents(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end: Option<String> = None;
    for line in text.lines() {
        // The formatter indents the end of a block that holds nothing.
        if let Some(begin) = line.strip_suffix('}').filter(|l| l.ends_with(' '))
            && let Some(begin) = begin.trim_end().strip_suffix('{').filter(|l| !l.contains('"'))
        {
            out.push_str(begin);
            out.push_str("{}\n");
            continue;
        }
        let key = line.trim_start();
        let indent = &line[..line.len() - key.len()];
        let document = key.strip_prefix(DOCUMENT).and_then(|rest| rest.split_once(" = {"));
        if let Some((name, rest)) = document {
            out.extend([indent, name, " = jsonencode({", rest]);
            // An empty document ends where it begins.
            match rest {
                "}" => out.push(')'),
                _ => end = Some(format!("{indent}}}")),
            }
        } else {
            out.push_str(line);
            if end.as_deref() == Some(line) {
                out.push(')');
                end = None;
            }
        }
        out.push('\n');
    }
    out
}

fn comment(text: &str) -> String {
    // A name may hold a line break; what follows it must stay a comment.
    text.split(['\n', '\r']).map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

/// Lines up the equals signs of adjacent one-line attributes. A line that opens a list or a map ends
/// the run and is not part of it: this is the rule of `terraform fmt`.
fn aligned(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut run: Vec<(&str, &str)> = Vec::new();
    for line in text.lines() {
        if let Some(pair) = one_line_attribute(line) {
            run.push(pair);
        } else {
            flush(&mut run, &mut out);
            out.push_str(line);
            out.push('\n');
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<(&str, &str)>, out: &mut String) {
    let width = run.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
    for (key, value) in run.drain(..) {
        let gap = width - key.chars().count();
        out.push_str(key);
        out.extend(std::iter::repeat_n(' ', gap));
        out.push_str(" = ");
        out.push_str(value);
        out.push('\n');
    }
}

/// The key with its indentation, and the value.
fn one_line_attribute(line: &str) -> Option<(&str, &str)> {
    if line.ends_with(['[', '{', '(']) {
        return None;
    }
    let key = line.trim_start();
    let indent = line.len() - key.len();
    let end = if key.starts_with('"') { quoted_len(key)? } else { key.find(' ')? };
    let value = key[end..].strip_prefix(" = ")?;
    Some((&line[..indent + end], value))
}

fn quoted_len(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_signs_line_up_as_terraform_fmt_does() {
        let text = "a = 1\nlong = 2\nlist = [\n  1,\n]\nb = \"x = [\"\n\"key = 1\" = 3\n";
        assert_eq!(
            aligned(text),
            "a    = 1\nlong = 2\nlist = [\n  1,\n]\nb         = \"x = [\"\n\"key = 1\" = 3\n"
        );
    }

    #[test]
    fn a_document_is_written_in_full() {
        let text = "x {\n  a = 1\n  jsonencode__policy = {\n    S = {\n      a = 1\n    }\n  }\n  jsonencode__p = {}\n}\n";
        assert_eq!(
            documents(text),
            "x {\n  a = 1\n  policy = jsonencode({\n    S = {\n      a = 1\n    }\n  })\n  p = jsonencode({})\n}\n"
        );
    }

    #[test]
    fn a_comment_cannot_be_broken_out_of() {
        assert_eq!(comment("a\nresource \"x\" {"), "# a\n# resource \"x\" {\n");
    }
}
