//! Lists whose clients bring no paginator.

/// Asks for page after page and answers their items. `take` takes items and the next page's token
/// out of an answer.
pub async fn pages<T, Page, E, F>(
    mut ask: impl FnMut(Option<String>) -> F,
    take: impl Fn(Page) -> (Vec<T>, Option<String>),
) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<Page, E>>,
{
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let (items, next) = take(ask(token).await?);
        all.extend(items);
        match next.filter(|next| !next.is_empty()) {
            Some(next) => token = Some(next),
            None => return Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Page = (Vec<u8>, Option<String>);

    #[tokio::test]
    async fn every_page_is_asked_for_and_half_a_list_is_an_error() {
        let page = |token: Option<String>| async move {
            match token.as_deref() {
                None => Ok((vec![1, 2], Some("more".to_owned()))),
                Some("more") => Ok((vec![3], Some(String::new()))),
                Some(other) => Err(other.to_owned()),
            }
        };
        assert_eq!(pages(page, |page: Page| page).await, Ok(vec![1, 2, 3]));
        let broken = |token: Option<String>| async move {
            token.map_or_else(|| Ok((vec![1], Some("gone".to_owned()))), Err)
        };
        assert_eq!(pages(broken, |page: Page| page).await, Err("gone".to_owned()));
    }
}
