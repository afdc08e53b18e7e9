//! HTML in which text cannot become markup.

/// A piece of a page.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup, as it stands in this program.
    pub(super) fn markup(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, or what stands in quotes as the value of an attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// Prose in which `code` stands between backticks, as doc comments have it.
    pub(super) fn prose(&mut self, prose: &str) -> &mut Self {
        for (index, part) in prose.split('`').enumerate() {
            match index % 2 {
                0 => self.text(part),
                _ => self.markup("<code>").text(part).markup("</code>"),
            };
        }
        self
    }

    /// The whole piece.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn text_cannot_become_markup() {
        let mut html = Html::default();
        html.markup("<p>").text("<b a=\"x\" b='y'>&").prose(" say `a<b` twice").markup("</p>");
        let expected =
            "<p>&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp; say <code>a&lt;b</code> twice</p>";
        assert_eq!(html.finish(), expected);
    }
}
