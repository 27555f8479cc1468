//! The two layers: who is known, and who gets where.

use std::convert::Infallible;

use http::{Method, Request, Response, StatusCode, header, request::Parts};
use squall_auth::{ConfigError, CurrentUser, CurrentUserLayer, LoginLayer};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[derive(Clone, Debug, PartialEq)]
struct User(String);

fn find(parts: &Parts) -> Option<User> {
    let name = parts.headers.get("x-user")?.to_str().ok()?;
    Some(User(name.to_owned()))
}

/// A database that has its answer later.
async fn find_later(user: Option<User>) -> Option<User> {
    tokio::task::yield_now().await;
    user
}

async fn whoami(request: Request<String>) -> Result<Response<String>, Infallible> {
    let user: Option<&CurrentUser<User>> = request.extensions().get();
    let name = user.map_or("nobody", |CurrentUser(User(name))| name);
    Ok(Response::new(format!("{name}: {}", request.body())))
}

fn layers() -> [CurrentUserLayer<User>; 2] {
    let later = CurrentUserLayer::wait_for(|parts: &Parts| find_later(find(parts)));
    [CurrentUserLayer::new(find), later]
}

fn request(user: Option<&str>) -> Request<String> {
    let mut request = Request::builder().uri("/me?tab=1");
    if let Some(user) = user {
        request = request.header("x-user", user);
    }
    request.body("body".to_owned()).unwrap()
}

#[tokio::test]
async fn each_request_has_its_own_user() {
    for layer in layers() {
        let mut service = layer.layer(service_fn(whoami));
        for (user, wanted) in [
            (Some("ada"), "ada: body"),
            (None, "nobody: body"),
            (Some("bob"), "bob: body"),
        ] {
            let service = service.ready().await.unwrap();
            let response = service.call(request(user)).await.unwrap();
            assert_eq!(response.body(), wanted);
        }
    }
}

#[tokio::test]
async fn nobody_else_says_who_the_user_is() {
    for layer in layers() {
        let mut request = request(None);
        request
            .extensions_mut()
            .insert(CurrentUser(User("eve".to_owned())));
        let response = layer.layer(service_fn(whoami)).oneshot(request).await;
        assert_eq!(response.unwrap().body(), "nobody: body");
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_called() {
    // It says so where its clone is called, which is not ready.
    struct Picky(bool);
    impl Clone for Picky {
        fn clone(&self) -> Self {
            Self(false)
        }
    }
    impl Service<Request<String>> for Picky {
        type Response = bool;
        type Error = Infallible;
        type Future = std::future::Ready<Result<bool, Infallible>>;

        fn poll_ready(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            self.0 = true;
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<String>) -> Self::Future {
            std::future::ready(Ok(self.0))
        }
    }
    for layer in layers() {
        let mut service = layer.layer(Picky(false));
        for _ in 0..2 {
            assert!(
                service
                    .ready()
                    .await
                    .unwrap()
                    .call(request(None))
                    .await
                    .unwrap()
            );
        }
    }
}

#[tokio::test]
async fn the_guard() {
    let service = |find: CurrentUserLayer<User>| {
        ServiceBuilder::new()
            .layer(find)
            .layer(LoginLayer::<User>::new("/login").unwrap())
            .service(service_fn(whoami))
    };
    for layer in layers() {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let mut request_of_ada = request(Some("ada"));
            *request_of_ada.method_mut() = method.clone();
            let response = service(layer.clone())
                .oneshot(request_of_ada)
                .await
                .unwrap();
            assert_eq!(
                (response.status(), response.body().as_str()),
                (StatusCode::OK, "ada: body")
            );

            let mut request_of_nobody = request(None);
            *request_of_nobody.method_mut() = method.clone();
            let response = service(layer.clone())
                .oneshot(request_of_nobody)
                .await
                .unwrap();
            assert_eq!(response.body(), "");
            let location = response.headers().get(header::LOCATION);
            if method == Method::GET || method == Method::HEAD {
                assert_eq!(response.status(), StatusCode::FOUND);
                assert_eq!(location.unwrap(), "/login?next=%2Fme%3Ftab%3D1");
                assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
            } else {
                assert_eq!((response.status(), location), (StatusCode::FORBIDDEN, None));
            }
        }
    }
}

#[tokio::test]
async fn a_user_of_another_type_is_nobody() {
    let guard = LoginLayer::<u32>::new("/login").unwrap();
    let service = CurrentUserLayer::new(find).layer(guard.layer(service_fn(whoami)));
    let response = service.oneshot(request(Some("ada"))).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_page_of_another_site_learns_where_from() {
    let guard = || LoginLayer::<User>::new("https://login.example/in").unwrap();
    let known = guard().origin(|_| Some("https://site.example".to_owned()));
    for (guard, wanted) in [
        (guard(), "https://login.example/in"),
        (
            known,
            "https://login.example/in?next=https%3A%2F%2Fsite.example%2Fme%3Ftab%3D1",
        ),
    ] {
        let response = guard
            .layer(service_fn(whoami))
            .oneshot(request(None))
            .await
            .unwrap();
        assert_eq!(response.headers()[header::LOCATION], wanted);
    }
}

#[test]
fn a_guard_without_a_page() {
    let error = LoginLayer::<User>::new("login").unwrap_err();
    assert_eq!(
        error,
        ConfigError::LoginUrl {
            login_url: "login".to_owned()
        }
    );
    assert_eq!(
        error.to_string(),
        "login_url is a path such as \"/login\", or an absolute URL, not \"login\""
    );
}
