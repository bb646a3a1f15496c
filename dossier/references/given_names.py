"""Common given names by gender, written by hand from general knowledge of English, not from any data set.

A name borne by women and men alike is in neither list.
"""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


WOMEN = _set(
    "abby abigail ada adele adriana agnes aisha alexandra alexis alice alicia alison allison alyssa amanda amber "
    "amelia amy ana anastasia andrea angela angelica angelina angie anita ann anna anne annie april ariana ashley "
    "astrid aurora ava barbara beatrice becky bella bernadette bertha beth bethany betty beverly beyonce bianca "
    "blanca bonnie brenda bridget britney brooke camila camille candice carla carmen carol carole caroline carolyn "
    "carrie cassandra catherine cathy cecilia celia celine charlotte chelsea cher cheryl chloe christina christine "
    "cindy claire clara claudia colleen connie cora courtney crystal cynthia daisy dana daniela danielle daphne "
    "darlene dawn debbie deborah debra delia denise diana diane dolores donna dora doris dorothy edith eileen "
    "elaine eleanor elena eliza elizabeth ella ellen ellie elsa emily emma erica erika erin esther ethel eva eve "
    "evelyn faith fatima felicia fiona florence frances gabriela gabriella gail gemma georgia geraldine gertrude "
    "gina giselle gladys gloria grace greta gwen hannah harriet hazel heather heidi helen helena henrietta hilary "
    "hilda holly hope ida ingrid irene iris irma isabel isabella ivy jackie jacqueline jana jane janet janice janis "
    "jasmine jean jeanette jenna jennifer jenny jessica jill joan joanna joanne jocelyn jodi josephine joy joyce "
    "juanita judith judy julia juliana julie juliet june kaitlyn karen kate katherine kathleen kathryn kathy katie "
    "katrina katy kayla kelly kendra kiara kim kimberly kirsten krista kristen kristin kristina kristy lana laura "
    "lauren laurie leah lena leona leslie lidia lila lillian lily linda lindsay lindsey lisa liz liza lois lola "
    "loretta lori lorraine louise lucia lucille lucy luna lydia lynn mabel madeline madison madonna maggie mandy "
    "marcia margaret margarita maria mariah mariana marie marilyn marina marissa marjorie marlene martha mary "
    "matilda maureen maya megan meghan melanie melinda melissa melody mercedes meredith mia michelle mildred mindy "
    "miranda miriam molly mona monica monique muriel myra nadia nadine nancy naomi natalia natalie natasha nellie "
    "nicole nina nora norah norma olga olivia opal pam pamela patricia patsy patti patty paula pauline pearl peggy "
    "penelope penny petra phoebe phyllis polly priscilla priya rachel ramona rebecca regina renee rhonda rihanna "
    "rita roberta rosa rosalie rose rosemary rosie roxanne ruby ruth sabrina sally samantha sandra sandy sara sarah "
    "savannah selena serena shania shannon sharon sheila shelly sherri sherry shirley sierra silvia simone sonia "
    "sonja sophia sophie stacey stacy stella stephanie sue summer susan susana susanna susie suzanne suzie sylvia "
    "tamara tammy tania tanya tara teresa teri tessa thelma theresa tiffany tina tonya tracy trina trisha trudy "
    "ursula valerie vanessa vera veronica vicki vicky victoria viola violet virginia vivian wanda wendy whitney "
    "wilma winifred yolanda yvette yvonne zelda zoe"
)
MEN = _set(
    "aaron abdul abe abraham adam adrian ahmed al alan albert alberto alejandro alexander alfred ali allan allen "
    "alvin amir anders andre andreas andrew andy anthony antonio archie arnold arthur austin barry bart ben "
    "benjamin bernard bernie bert bill billy blake bob bobby boris brad bradley brandon brendan brent brett brian "
    "bruce bruno bryan bryce byron caleb calvin carl carlos cecil cedric cesar chad charles charlie chester chris "
    "christian christopher clarence clark claude clay clayton cliff clifford clint clyde cody colin connor conrad "
    "corey craig curtis cyrus damian damon dan daniel danny darrell darren dave david dean dennis derek derrick "
    "desmond dexter diego dirk dominic don donald doug douglas duane duncan dustin dwayne dwight dylan earl ed "
    "eddie edgar edmund eduardo edward edwin eli elias elijah elliot elmer elton elvis emanuel emil eric erik "
    "ernest ernesto ethan eugene evan felix fernando floyd francis francisco frank franklin fred freddie frederick "
    "fritz gabriel garrett garth gary gavin gene geoff geoffrey george gerald gerard gilbert glen glenn gordon "
    "graham grant greg gregory gunther gus guy hank hans harold harry harvey hector henry herbert herman homer "
    "horace howard hugh hugo ian igor isaac isaiah ivan jack jackson jacob jake jamal james jared jason javier jay "
    "jeff jeffrey jeremiah jeremy jerome jerry jesse jesus jim jimmy joe joel joey john johnny jon jonah jonas "
    "jonathan jordan jorge jose joseph josh joshua juan julian julio justin karl keith ken kenneth kenny kent kevin "
    "kirk kurt kyle lance larry lars lawrence lee leo leon leonard leroy lester lewis liam lionel lloyd logan "
    "lorenzo lou louie louis lucas luis luke luther lyle malcolm manuel marc marcel marco marcus mario mark "
    "marshall martin marty marvin mason mathew matt matthew maurice max mel michael miguel mike miles milton mitch "
    "mitchell mohammed morris moses murray nate nathan nathaniel neal ned neil nelson nicholas nick nicolas nigel "
    "noah noel norman oliver omar orlando oscar otis otto owen pablo patrick paul pedro percy pete peter phil "
    "philip phillip pierre prince quentin rafael ralph ramon randall randy raul ray raymond reggie reginald rex "
    "ricardo richard rick ricky rob robert roberto rod roderick rodney roger roland ron ronald ronnie ross roy "
    "ruben rudy rufus rupert russ russell ryan salvador sammy samuel saul scott sean sebastian sergio seth shane "
    "shaun shawn sheldon sidney simon stan stanley stefan stephen steve steven stevie stewart stuart ted terrence "
    "terry theo theodore thomas tim timothy toby todd tom tomas tommy tony travis trevor tristan troy tyler vernon "
    "victor vince vincent vladimir wallace walter warren wayne wendell wesley wilbur will willard william willie "
    "winston xavier zac zachary zack"
)
