"""Pages, one noun a file. A page function fetches what the person may see, calls one action, and answers with a
template or a redirect. It decides nothing: permissions do."""
