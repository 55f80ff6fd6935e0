/**
 * The most used passwords of at least eight characters, from the public lists of leaked ones; shorter ones are refused by
 * length, runs such as `12345678` by rule.
 */
const words = `
password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword pa$$word passwort passwort1 motdepasse
contraseña contrasena qwertyuiop qwerty123 qwerty12 qwerty1234 qwertyui qwertyuiop1 1qaz2wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1zaq1 asdfghjkl asdfghjk asdf1234 asdfasdf zxcvbnm1 zxcvbnm123 iloveyou iloveyou1 iloveyou2
loveyou1 princess princess1 sunshine sunshine1 football football1 baseball baseball1 basketball superman superman1 batman123
starwars starwars1 trustno1 whatever whatever1 computer computer1 internet samsung1 samsung123 michelle jennifer jessica1
charlie1 jordan23 liverpool liverpool1 chelsea1 arsenal1 barcelona manchester pokemon1 dragon123 monkey123 shadow123 master123
letmein1 letmein123 letmeinplease welcome1 welcome12 welcome123 welcome1234 welcome2024 welcome2025 welcome2026 administrator
admin123 admin1234 admin12345 adminadmin admin@123 changeme changeme1 changeme123 default1 default123 temp1234 temporary test1234
testtest test12345 tester123 guest123 guestguest user1234 username rootroot toor1234 secret123 secretsecret mypassword
mypassword1 newpassword newpassword1 oldpassword 1password yourpassword abcd1234 abcdefg1 abcdefgh1 abc12345 abc123456 a1b2c3d4
a1b2c3d4e5 aa123456 aa12345678 a12345678 a123456789 asd123456 qwe123456 qweasdzxc qweqweqwe qweasd123 1234qwer 123qweasd
123qwe123 123abc123 123456789a 12345678a 123456789q 1234567890q 1234abcd 12341234 12344321 123123123 12312312 123321123
11223344 1122334455 112233445566 121212121 12121212 10203040 1020304050 87654321a 987654321a 147258369 159357456 159753456
741852963 789456123 963852741 0123456789 01234567 00001111 11112222 12345600 19841984 19851985 19871987 19881988 19901990
20002000 20202020 20242024 20252025 20262026 summer2023 summer2024 summer2025 summer2026 winter2023 winter2024 winter2025
winter2026 spring2024 spring2025 spring2026 autumn2024 autumn2025 autumn2026 january1 february1 december1 november1 september
corvette mercedes ferrari1 porsche1 mustang1 harley123 yankees1 cowboys1 lakers24 eminem123 metallica slipknot nirvana1 rockstar
rockyou1 hello123 hello1234 hellohello helloworld goodluck lovelove loveme123 babygirl babygirl1 butterfly butterfly1 sweetheart
chocolate chocolate1 cheese123 cookie123 pumpkin1 flower123 snoopy123 scooter1 hunter123 killer123 soccer123 hockey123 tigger123
ginger123 pepper123 buster123 bailey123 maggie123 thomas123 daniel123 andrew123 michael1 michael123 matthew1 joshua123 robert123
nicole123 ashley123 amanda123 hannah123 jasmine1 samantha elizabeth christopher alexander alexandra veronica victoria victoria1
benjamin caroline isabella fernando carlos123 rodrigo1 gabriela mohammed muhammad bismillah allah123 jesus123 jesuschrist
godisgood blessed1 faithful freedom1 america1 american canada123 australia germany1 deutschland frankreich france123 london123
paris123 berlin123 hallo123 hallohallo schatz123 sonnenschein fussball schalke04 bayern123 ichliebedich azerty123 azertyuiop
soleil123 bonjour1 doudou123 marseille chouchou nothing1 unknown1 mynoob12 3rjs1la7qe g_czechout target123 tinkle12 myspace1
linkedin facebook facebook1 instagram google123 googlegoogle yahoo123 hotmail1 dropbox1 amazon123 netflix1 minecraft minecraft1
fortnite1 roblox123 playstation nintendo mario123 zelda123 pikachu1 naruto123 onepiece ecommerce shopping shopping1 customer
customer1 support1 support123 supersecret topsecret letmeinnow openseasame opensesame access14 security security1 database
mysql123 postgres oracle123 cisco123 server123 service1 backup123 monitor1 manager1 manager123 company1 company123 office123
`;

/** In lower case. */
export const commonPasswords: ReadonlySet<string> = new Set(words.split(/\s+/).filter((word) => word !== ''));
